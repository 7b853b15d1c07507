module.exports = (context, callback) => callback(null, { params: { n: context.params.n + 1 } });
