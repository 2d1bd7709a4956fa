/** What the test that started us wants us to use. */
export const settings = () => {
  const [, , , shopUrl = '', postUrl = '', natsUrl = ''] = process.argv;
  return { shopUrl, postUrl, natsUrl, say: (word: string) => process.stdout.write(`${word}\n`) };
};
