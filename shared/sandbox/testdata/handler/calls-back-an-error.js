module.exports = (context, callback) => callback(new RangeError('틀림'));
