module.exports = (context, callback) => callback('no such user');
