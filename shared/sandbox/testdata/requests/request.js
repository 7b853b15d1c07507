const request = require('request');
module.exports = (context, callback) => {
  const own = request.defaults({ headers: { 'X-Own': '1' }, json: true });
  request('https://api.example.com/text', (error, response, body) => {
    own({ uri: 'https://api.example.com/users', qs: { q: 'kim' } }, (error2, response2, body2) => {
      own.post('https://api.example.com/post', { body: { a: '가' }, auth: { user: 'u', pass: 'p' } }, (error3, response3, body3) => {
        request.post({ url: 'https://api.example.com/post', form: { a: ['b', 'c'], d: { e: 'f g' } } }, (error4, response4, body4) => {
          request.get('https://api.example.com/down').on('error', (error5) => {
            callback(null, { first: [error, response.statusCode, body], second: [response2.headers['x-a'], body2], third: [response3.statusCode, body3], fourth: body4, fifth: error5.message });
          });
        });
      });
    });
  });
};
