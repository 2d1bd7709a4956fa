/** These models of OpenAI know the limit by its new name alone; other model servers know the old one, all of them. */
const onlyNewName = /^(?:openai\/)?(?:o\d|gpt-[5-9])/;

/** The field that limits how many tokens are written. */
export const limitName = (model: string): 'max_completion_tokens' | 'max_tokens' =>
  onlyNewName.test(model) ? 'max_completion_tokens' : 'max_tokens';
