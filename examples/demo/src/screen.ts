import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const paint = (style: Style, text: string): string => (process.stdout.isTTY ? styleText(style, text) : text);

let began = Date.now();
/** Output comes in pieces, people read lines. */
let unfinished = '';

/** What the person who watches sees: one heading a step, indented lines below it. */
export const screen = {
  title: (text: string): void => console.log(`\n${paint('bold', text)}`),
  step: (number: number, text: string): void => {
    began = Date.now();
    console.log(`\n${paint(['bold', 'cyan'], `${number}. ${text}`)}`);
  },
  line: (text: string): void => console.log(`   ${text}`),
  output: (text: string): void => {
    const lines = `${unfinished}${text}`.split('\n');
    unfinished = lines.pop() ?? '';
    for (const line of lines) console.log(`   ${paint('gray', '│')} ${line}`);
  },
  done: (text: string): void =>
    console.log(`   ${paint('green', '✓')} ${text} ${paint('gray', `(${((Date.now() - began) / 1_000).toFixed(2)} s)`)}`),
  failed: (text: string): void => console.error(`\n${paint(['bold', 'red'], '✗ The demo failed:')} ${text}`),
};
