const moment = require('moment-timezone');
module.exports = async () => ({
  seoul: moment.tz(1585925045000, 'Asia/Seoul').format('YYYY-MM-DD HH:mm:ss z'),
  summer: moment.tz('2024-07-01 12:00', 'America/New_York').toISOString(),
  names: moment.tz.names().length > 400,
  same: require('moment') === moment,
});
