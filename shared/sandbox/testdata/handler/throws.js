module.exports = () => {
  throw new TypeError('셀 수 없음');
};
