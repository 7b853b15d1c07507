// An async handler that calls back later, and returns nothing itself.
module.exports = async (context, callback) => {
  setTimeout(() => callback(null, 'called'), 5);
};
