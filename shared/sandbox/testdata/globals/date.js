module.exports = async () => {
  const now = new Date();
  class Own extends Date {}
  return {
    now: Math.abs(now.getTime() - 1780300800000) < 1000 && Math.abs(Date.now() - now) < 1000,
    called: typeof Date(),
    parts: new Date(2020, 3, 3, 15, 4, 5, 6).toISOString(),
    twoDigits: new Date(99, 0).toISOString(),
    got: [now.getFullYear() === now.getUTCFullYear(), now.getHours() === now.getUTCHours(), now.getTimezoneOffset()],
    read: ['2020-04-03T15:04:05', '2020-04-03', '2020-04-03T15:04:05+09:00', '2020-04-03 15:04:05', 'Apr 3 2020 3:04 PM', 'Fri, 03 Apr 2020 15:04:05 GMT', 'no date']
      .map((text) => (isNaN(new Date(text)) ? 'invalid' : new Date(text).toISOString())),
    printed: new Date(0).toString(),
    printedInvalid: [String(new Date(NaN)), new Date(NaN).toLocaleString()],
    set: new Date(new Date(0).setHours(9, 30)).toISOString(),
    copies: [new Date(new Date(5)).getTime(), new Date({ valueOf: () => 7 }).getTime()],
    own: [new Own(1) instanceof Own, new Own(1) instanceof Date, new Own(1).getTime(), new Date() instanceof Date],
    korean: [new Date(1585925045000).toLocaleString('ko-KR', { timeZone: 'Asia/Seoul' }), new Date(1585897445000).toLocaleTimeString('ko-KR'), new Date(0).toLocaleDateString('ko')],
    english: [new Date(1585925045000).toLocaleString(), new Date(1585925045000).toLocaleString('en-US', { timeZone: 'America/New_York' }), new Date(0).toLocaleTimeString('en-US', { hour12: false })],
    json: JSON.stringify(new Date(0)),
  };
};
