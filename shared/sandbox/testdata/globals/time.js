module.exports = async () => {
  const order = [];
  setTimeout(() => order.push('timeout 5'), 5);
  setTimeout((a, b) => order.push(a + b), 1, 'timeout ', '1');
  setImmediate(() => order.push('immediate'));
  process.nextTick((tick) => order.push(tick), 'tick');
  Promise.resolve().then(() => order.push('promise'));
  const gone = setTimeout(() => order.push('never'), 2);
  clearTimeout(gone);
  clearTimeout(undefined);
  let rounds = 0;
  await new Promise((resolve) => {
    const every = setInterval(() => {
      rounds++;
      if (rounds === 3) {
        clearInterval(every);
        resolve();
      }
    }, 3);
    every.unref();
  });
  return { order, rounds };
};
