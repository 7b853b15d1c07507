// Not Node's way, but plain.
module.exports = (context) => ({ at: '서울', cut: '😀'.slice(0, 1), missing: undefined, date: new Date(0) });
