exports.handler = async (context) => {
  await null;
  return { data: [1, 2, 3].map((n) => n * n), text: context.platform };
};
