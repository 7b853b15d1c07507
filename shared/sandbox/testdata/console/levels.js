module.exports = async () => {
  console.log('a %s of %d', 'b', 3, { c: [1, { d: { e: 1 } }] });
  console.warn('careful');
  console.error(new Error('broken').message);
  console.info(null, undefined, 1n, -0, 'text', Symbol('s'), () => 1, class A {});
  console.debug(new Map([[1, { a: 2 }]]), new Set('ab'), new Date(0), /x/g, Buffer.from('hi'));
  console.log({ long: 'x'.repeat(60), list: Array.from({ length: 101 }, (_, n) => n) }.long, [1, 'two']);
  const round = { name: 'round' };
  round.self = round;
  console.log(round, [round]);
  console.assert(1 === 2, 'sums');
};
