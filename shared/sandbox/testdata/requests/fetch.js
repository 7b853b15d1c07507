module.exports = async () => {
  const answer = await fetch('https://api.example.com/users?q=kim', { headers: { Authorization: 'Bearer t', Host: 'evil', 'Content-Length': '9' } });
  const post = await fetch(new URL('https://api.example.com/post'), { method: 'post', body: JSON.stringify({ a: '가' }), headers: new Headers({ 'content-type': 'application/json' }) });
  const form = await fetch('https://api.example.com/post', { method: 'PUT', body: new URLSearchParams({ a: 'b c' }) });
  const missing = await fetch('https://api.example.com/missing');
  return {
    first: [answer.status, answer.ok, answer.statusText, answer.headers.get('X-A'), answer.url, await answer.clone().text(), await answer.json()],
    post: [post.status, await post.json(), form.ok],
    missing: [missing.ok, missing.status, (await missing.buffer()).toString()],
    korean: await (await fetch('https://api.example.com/euc')).text(),
    all: await Promise.all(Array.from({ length: 8 }, async () => (await fetch('https://api.example.com/soon')).text())),
    twice: await (async () => { try { await answer.json(); await answer.json(); } catch (error) { return error.message; } })(),
  };
};
