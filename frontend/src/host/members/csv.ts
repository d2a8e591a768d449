/**
 * Rows as a spreadsheet reads them (RFC 4180, with a byte order mark). What a spreadsheet would run as a formula gets an
 * apostrophe before it.
 */
export function csv(rows: string[][]): string {
  const cell = (text: string): string => {
    const plain = /^[\s\p{Cf}]*[=+\-@＝＋－＠\t\r]/u.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  };
  return `\uFEFF${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}
