const urls = ['http://127.0.0.1/', 'http://192.168.0.1/', 'file:///etc/passwd', 'data:text/plain,x', 'javascript:1', '/relative', 'https://api.example.com/down'];
module.exports = async () => Promise.all(urls.map(async (url) => {
  try {
    return await (await fetch(url)).text();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}));
