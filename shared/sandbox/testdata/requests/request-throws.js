// What the callback throws ends the script.
const request = require('request');
module.exports = (context, callback) => {
  request('https://api.example.com/text', (error, response, body) => {
    callback(null, JSON.parse(body));
  });
};
