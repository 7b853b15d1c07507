const rp = require('request-promise');
const failed = (promise) => promise.catch((error) => [error.name, error.statusCode, error.message, error.error]);
module.exports = async () => ({
  body: await rp({ uri: 'https://api.example.com/users?q=kim', json: true }),
  text: await rp.get('https://api.example.com/text'),
  whole: (await rp({ url: 'https://api.example.com/missing', simple: false, resolveWithFullResponse: true })).statusCode,
  missing: await failed(rp({ url: 'https://api.example.com/missing', json: true })),
  down: (await failed(rp('https://api.example.com/down'))).slice(0, 3),
  same: require('request-promise-native') === rp,
  typed: await failed(rp('https://api.example.com/missing')).then(([name]) => name === 'StatusCodeError' && typeof require('request-promise').errors.StatusCodeError),
});
