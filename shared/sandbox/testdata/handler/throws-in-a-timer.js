module.exports = (context, callback) => {
  setTimeout(() => context.missing.field, 1);
  setTimeout(callback, 1000);
};
