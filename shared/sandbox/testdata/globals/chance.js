module.exports = async () => {
  const draws = Array.from({ length: 1000 }, Math.random);
  return {
    range: draws.every((n) => n >= 0 && n < 1),
    spread: new Set(draws).size,
    first: draws[0],
    bytes: crypto.getRandomValues(new Uint8Array(8)),
    uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()),
  };
};
