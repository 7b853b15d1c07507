const tried = async (call) => {
  try {
    const answer = await call();
    return [answer.status, answer.url, answer.redirected, await answer.text()];
  } catch (error) {
    return String(error);
  }
};
module.exports = async () => ({
  followed: await tried(() => fetch('https://api.example.com/away', { method: 'POST', body: 'x', headers: { authorization: 'secret', cookie: 'a=b', 'x-own': '1' } })),
  inside: await tried(() => fetch('https://api.example.com/inside')),
  manual: await tried(() => fetch('https://api.example.com/away', { redirect: 'manual' })),
  error: await tried(() => fetch('https://api.example.com/away', { redirect: 'error' })),
  circle: await tried(() => fetch('https://api.example.com/circle')),
});
