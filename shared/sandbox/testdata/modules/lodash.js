const _ = require('lodash');
module.exports = async () => ({
  version: _.VERSION,
  grouped: _.groupBy([1.2, 1.8, 2.1], Math.floor),
  chained: _([3, 1, 2]).sortBy().map((n) => n * 2).value(),
  deep: _.get({ a: [{ b: 1 }] }, 'a[0].b'),
  template: _.template('<%= name %>님')({ name: '김' }),
  debounced: await new Promise((resolve) => _.debounce(resolve, 1)('done')),
  single: require('lodash/chunk')([1, 2, 3], 2),
  same: require('lodash') === _,
});
