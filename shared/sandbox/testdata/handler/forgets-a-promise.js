// What Node warns of is why it never called back.
module.exports = (context, callback) => {
  (async () => {
    throw new Error('nobody looks');
  })();
};
