module.exports = (context, callback) => {
  queueMicrotask(() => null.x);
  setTimeout(callback, 1000);
};
