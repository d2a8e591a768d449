import { expect, test } from 'vitest';
import { csv } from './csv';

test('a spreadsheet reads every cell as text', () => {
  expect(csv([['No.', 'Name'], ['1', 'Groß, "Anna"'], ['=1+1', ' @SUM(A1)'], ['\u200b+x', 'a-b']]))
    .toBe('\uFEFFNo.,Name\r\n1,"Groß, ""Anna"""\r\n\'=1+1,\' @SUM(A1)\r\n\'\u200b+x,a-b\r\n');
});
