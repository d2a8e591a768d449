// How a host prepares questions of each kind, for the tests and the gallery.

const labels = { text: 'Own words', cloud: 'Word cloud' };

/** Open text of up to two answers, or a word cloud. */
export async function prepareTexts(page, question, kind) {
  await page.getByRole('button', { name: 'New poll' }).click();
  await page.getByLabel('Question').fill(question);
  await page.getByLabel(labels[kind]).check();
  if (kind === 'text') await page.getByLabel('Answers per person, at most').selectOption('2');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: question }).waitFor();
}

/** `correct` counts from 0. */
export async function prepareQuiz(page, question, options, correct) {
  await page.getByRole('button', { name: 'New poll' }).click();
  await page.getByLabel('Question').fill(question);
  await page.getByLabel('Quiz').check();
  await page.getByRole('combobox', { name: 'by itself after a time' }).selectOption('120');
  for (const [i, text] of options.entries()) {
    const field = page.getByLabel(`Answer ${i + 1}`, { exact: true });
    if (!(await field.isVisible())) await page.getByRole('button', { name: 'Add answer' }).click();
    await field.fill(text);
  }
  for (const i of correct) await page.getByLabel(`Answer ${i + 1} is correct`).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: question }).waitFor();
}

/** Opens a question as the host whose page this is. */
export async function openPoll(page, webinar, question) {
  const status = await page.evaluate(async ([id, q]) => {
    const list = await (await fetch(`/api/webinars/${id}/polls`)).json();
    return (await fetch(`/api/webinars/${id}/polls/${list.find((p) => p.question === q).id}/open`, { method: 'POST' })).status;
  }, [webinar, question]);
  if (status !== 200) throw new Error(`opening “${question}” answered ${status}`);
}

/** A picture as a file: a blue circle, or a red square. */
export async function drawn(page, n) {
  const base64 = await page.evaluate((which) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
    const pen = canvas.getContext('2d');
    pen.fillStyle = which ? '#f4e9dc' : '#e3eef4';
    pen.fillRect(0, 0, 640, 480);
    pen.fillStyle = which ? '#b3372f' : '#1f6f94';
    if (which) pen.fillRect(200, 120, 240, 240);
    else {
      pen.arc(320, 240, 130, 0, 7);
      pen.fill();
    }
    return canvas.toDataURL('image/png').split(',')[1];
  }, n);
  return Buffer.from(base64, 'base64');
}
