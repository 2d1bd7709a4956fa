/** Ends every server of the run, also those that a test file forgot or could not stop. */
module.exports = async () => {
  await globalThis.orreryTestRun?.finish();
};
