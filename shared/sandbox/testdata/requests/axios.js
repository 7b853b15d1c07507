const axios = require('axios');
const failed = (promise) => promise.catch((error) => [error.name, error.message, error.code, error.isAxiosError, error.response?.status, error.response?.data]);
module.exports = async () => {
  const own = axios.create({ baseURL: 'https://api.example.com/', headers: { 'X-Key': 'k' }, timeout: 3000 });
  own.interceptors.request.use((config) => ({ ...config, headers: { ...config.headers, 'x-added': 'yes' } }));
  own.interceptors.response.use((response) => ({ ...response, seen: true }));
  const got = await own.get('users', { params: { q: 'kim', none: undefined } });
  return {
    got: [got.status, got.statusText, got.data, got.headers['x-a'], got.seen],
    post: (await axios.post('https://api.example.com/post', { a: 1 }, { auth: { username: 'u', password: 'p' } })).data,
    form: (await axios({ url: 'https://api.example.com/post', method: 'POST', data: new URLSearchParams({ a: 'b' }) })).status,
    text: (await axios('https://api.example.com/text')).data,
    bytes: (await axios.get('https://api.example.com/text', { responseType: 'arraybuffer' })).data.toString('hex'),
    missing: await failed(axios.get('https://api.example.com/missing')),
    accepted: (await axios.get('https://api.example.com/missing', { validateStatus: () => true })).status,
    down: await failed(axios.get('https://api.example.com/down')),
    slow: await failed(axios.get('https://api.example.com/slow', { timeout: 5 })),
    all: await axios.all([1, axios.get('https://api.example.com/text')]).then(axios.spread((a, b) => [a, b.data])),
  };
};
