module.exports = async () => {
  const url = new URL('../b?x=1&x=2#h', 'https://user:pw@Example.com:8443/a/c');
  url.searchParams.append('이름', 'a b&c');
  url.hash = '';
  url.pathname = '/새 길';
  const params = new URLSearchParams({ a: 1, b: 'é+ ' });
  params.set('a', 2);
  params.delete('none');
  return {
    href: url.href, origin: url.origin, host: url.host, user: url.username, all: url.searchParams.getAll('x'),
    params: params.toString(), read: [...new URLSearchParams('?q=a+b%21&broken=%zz&lone=%ff')],
    can: [URL.canParse('nowhere'), URL.canParse('x', 'https://a.b/')],
    bad: (() => { try { new URL('nowhere'); } catch (error) { return [error.name, error.code]; } })(),
    json: JSON.stringify({ url }),
    idn: new URL('https://한글.kr/').hostname,
  };
};
