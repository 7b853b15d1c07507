module.exports = async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 5);
  const failed = async (promise) => promise.then(() => 'fine', (error) => `${error.name}: ${error.message}`);
  return [
    await failed(fetch('https://api.example.com/slow', { signal: controller.signal })),
    await failed(fetch('https://api.example.com/slow', { signal: AbortSignal.timeout(5) })),
    await failed(fetch('https://api.example.com/slow', { timeout: 5 })),
  ];
};
