import { cellOf, lineOf } from './csv.ts';

describe('a cell of a spreadsheet', () => {
  it.each([
    ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\tcmd', "'\tcmd"],
    ['\rcmd', `"'\rcmd"`],
  ])('that would run is shown: %j', (value, cell) => {
    expect(cellOf(value)).toBe(cell);
  });

  it.each([
    ['plain', 'plain'],
    ['a=b', 'a=b'],
    ['with, comma', '"with, comma"'],
    ['with "quotes"', '"with ""quotes"""'],
    ['two\nlines', '"two\nlines"'],
  ])('that is text is itself: %j', (value, cell) => {
    expect(cellOf(value)).toBe(cell);
  });

  it('stands in a line with its neighbours, and is empty where there is nothing', () => {
    expect(lineOf(['a', null, 'b'])).toBe('a,,b\r\n');
  });
});
