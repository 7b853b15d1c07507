exports.handler = (context, callback) => {
  setTimeout(() => callback(null, 'later'), 5);
};
