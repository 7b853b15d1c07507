module.exports = async () => {
  const inner = () => JSON.parse('{');
  inner();
};
