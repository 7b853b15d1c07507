const moment = require('moment');
module.exports = async () => ({
  version: moment.version,
  iso: moment.utc(0).format(),
  local: moment('2020-04-03T15:04:05').format(),
  korean: moment.utc('2020-04-03').locale('ko').format('LLLL'),
  japanese: moment.utc('2020-04-03').locale('ja').format('LL'),
  added: moment.utc('2020-01-31').add(1, 'month').format('YYYY-MM-DD'),
  ago: moment().subtract(3, 'hours').fromNow(),
  after: require('moment/locale/ko') && moment.locale(),
});
