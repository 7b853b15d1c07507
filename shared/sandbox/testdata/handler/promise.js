exports.default = () => new Promise((resolve) => setImmediate(resolve, [1, undefined, () => 1]));
