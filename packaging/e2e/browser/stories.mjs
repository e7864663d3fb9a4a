// stories.mjs URL PASSWORD [FOLDER]: does what people do with the pages, in Debian's Chromium, on the demo. One story changes what
// the next one finds, as it is in life. Prints one line for each step, "ok NAME" or "not ok NAME: why". With FOLDER it leaves pictures there.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [url, password, folder] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// sit begins a sitting of a user: one page, from logging in on, and then the user's first page.
async function sit(name, first) {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 }, acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  await page.goto(url + 'login?lang=en');
  await page.fill('input[name=name]', name);
  await page.fill('input[name=password]', password);
  await page.click('main button[type=submit]');
  await page.waitForSelector('nav[aria-label=Pages]');
  await page.goto(`${url}${first}?lang=en`);
  return page;
}

// step does one thing; the first one that fails ends its story.
let failed = false;
async function step(page, name, work) {
  if (failed) return;
  let wrong;
  try {
    wrong = await work();
    if (!wrong) {
      await page.evaluate(axe);
      const result = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }));
      wrong = result.violations.map((v) => `${v.id} at ${v.nodes[0].target}`).join('; ');
    }
    if (folder) await page.screenshot({ path: `${folder}/story-${name.replace(/[^a-z]+/gi, '-')}.png`, fullPage: true });
  } catch (error) {
    wrong = `${String(error.message).split('\n')[0]} at ${page.url()}`;
  }
  failed = Boolean(wrong);
  console.log(wrong ? `not ok ${name}: ${wrong}` : `ok ${name}`);
}

async function story(user, tell, first = '') {
  failed = false;
  const page = await sit(user, first);
  await tell(page);
  await page.context().close();
}

const main = (page) => page.locator('main').innerText();
const says = async (page, ...words) => {
  const text = await main(page);
  return words.filter((w) => !text.includes(w)).map((w) => `the page does not say "${w}"`).join('; ');
};
const at = (ago) => {
  const d = new Date(Date.now() - ago * 60000);
  return new Date(d - d.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
};
// printed is what a PDF says, its spaces folded.
const printed = (pdf) => execFileSync('pdftotext', ['-', '-'], { input: pdf }).toString().replace(/\s+/g, ' ');
// section is the part of a page with a heading.
const section = (page, id) => page.locator(`section[aria-labelledby=${id}]`);
const save = (page, id) => section(page, id).locator('form').first().locator('button[type=submit]').click();

// 1. From a figure to a triaged incident to the draft of its notification, in one sitting.
await story('officer', async (page) => {
  let caseNumber = '';
  await step(page, 'officer: a figure opens its mails', async () => {
    const figure = page.locator('a.number[href*="q=open-sensitive"]');
    const count = Number(await figure.innerText());
    await figure.click();
    const rows = await page.locator('table.rows tbody tr').count();
    return count > 0 && rows === count ? '' : `the figure says ${count}, the list has ${rows}`;
  });
  await step(page, 'officer: a mail opens its evidence', async () => {
    await page.locator('table.rows tbody th a').first().click();
    return says(page, 'Evidence', 'mail.log');
  });
  await step(page, 'officer: the mail is judged a breach, and a case is opened', async () => {
    await page.check('input[name=judgement][value=breach]');
    await page.fill('input[name=title]', 'A mail to the wrong way');
    await section(page, 's-triage').locator('button[type=submit]').click();
    caseNumber = new URL(page.url()).pathname.split('/').pop();
    return /^\d{4}-\d{4}$/.test(caseNumber) ? says(page, 'A mail to the wrong way', caseNumber) : `led to ${page.url()}`;
  });
  await step(page, 'officer: closing is refused, and says what is missing', async () => {
    await save(page, 's-close');
    const text = await main(page);
    await page.goto(`${url}cases/${caseNumber}?lang=en`);
    return /missing/i.test(text) ? '' : 'nothing is said to be missing';
  });
  await step(page, 'officer: when we became aware, as proposed, starts the clock', async () => {
    await save(page, 's-aware');
    const left = await page.locator('.headline .mark').innerText();
    return /^7[12]:\d\d left$/.test(left) ? says(page, 'Latest time for the notification') : `the clock says "${left}"`;
  });
  await step(page, 'officer: the risk is assessed', async () => {
    const s = section(page, 's-risk');
    await s.locator('[name=group]').fill('one citizen');
    await s.locator('[name=persons]').fill('1');
    await s.locator('[name=consequences]').fill('Others may learn of an illness.');
    await s.locator('[name=severity]').selectOption('3');
    await s.locator('[name=likelihood]').selectOption('2');
    await s.locator('[name=level]').selectOption('risk');
    await s.locator('[name=reason]').fill('Health data went by an open way.');
    await save(page, 's-risk');
    return says(page, 'Assessments of the risk', 'one citizen', 'Others may learn of an illness.', 'Health data went by an open way.');
  });
  await step(page, 'officer: the data protection officer was asked', async () => {
    const s = section(page, 's-dpo');
    await s.locator('[name=at]').fill(at(1));
    await s.locator('[name=how]').fill('by telephone');
    await s.locator('[name=advice]').fill('Notify.');
    await save(page, 's-dpo');
    return says(page, 'by telephone');
  });
  await step(page, 'officer: the contents, one point of them not known yet', async () => {
    const s = section(page, 's-contents');
    for (const item of ['nature', 'person-kinds', 'data-kinds', 'record-number', 'dpo', 'consequences', 'measures']) {
      await s.locator(`textarea[name=${item}]`).fill(`Words on ${item}`);
      await s.locator(`select[name=${item}-status]`).selectOption('stated');
    }
    await s.locator('select[name=person-number-status]').selectOption('not-yet');
    await s.locator('input[name=person-number-because]').fill('the department counts');
    await s.locator('input[name=person-number-by]').fill(at(-3 * 24 * 60).slice(0, 10));
    await save(page, 's-contents');
    const kept = await section(page, 's-contents').locator('textarea[name=nature]').inputValue();
    return kept === 'Words on nature' ? '' : `the page keeps "${kept}"`;
  });
  await step(page, 'officer: the draft of the notification', async () => {
    await section(page, 's-drafts').locator('a[href*="/draft/notification"]').last().click();
    return says(page, 'Words on nature', 'Words on measures', 'the department counts', 'not legal advice');
  });
  await step(page, 'officer: its PDF', async () => {
    const link = await page.locator('a[href*="/draft/notification/pdf"]').first().getAttribute('href');
    const answer = await page.request.get(new URL(link, url).href);
    const text = printed(await answer.body());
    const fields = [caseNumber, 'Draft, not legal advice', 'When we became aware of it', 'Confidentiality: data was sent or seen', 'Nature of the breach Words on nature',
      'Categories of data subjects Words on person-kinds', 'Number of data subjects Not known yet, because the department counts. To follow by ' + at(-3 * 24 * 60).slice(0, 10),
      'Categories of personal data Words on data-kinds', 'Number of records of personal data Words on record-number', 'Likely consequences Words on consequences',
      'Measures taken or proposed Words on measures', 'Risk as assessed Risk'];
    return fields.filter((f) => !text.includes(f)).map((f) => `the PDF does not say "${f}"`).join('; ');
  });
  await step(page, 'officer: the report counts the breach', async () => {
    await page.goto(url + 'report?lang=en');
    const text = (await main(page)).replace(/\s+/g, ' ');
    return /Breach of personal data 1/.test(text) && /opened in the period: 1\./.test(text) ? '' : 'the report does not count it';
  });
});

// 2. Supervision: a measure stands on the trends, a sample is drawn and answered, a control is entered and approved.
await story('officer', async (page) => {
  await step(page, 'supervision: a measure is entered', async () => {
    await page.goto(url + 'supervision/measures/new?lang=en');
    await page.selectOption('select[name=kind]', 'instruction');
    await page.fill('input[name=title]', 'Write by Digital Post');
    await page.locator('main form button[type=submit]').click();
    return says(page, 'Write by Digital Post');
  });
  await step(page, 'supervision: it stands on the trends', async () => {
    await page.goto(url + '?lang=en');
    const lines = await page.locator('svg .moment').count();
    return lines > 0 ? says(page, 'instruction · Write by Digital Post') : 'no line on any trend';
  });
  await step(page, 'supervision: a control is entered', async () => {
    await page.goto(url + 'supervision/controls/new?lang=en');
    await page.selectOption('select[name=point]', '6');
    await page.fill('textarea[name=sample]', 'Ten mails of each department');
    await page.fill('textarea[name=finding]', 'Two departments were late');
    await page.fill('input[name=approver]', 'The council');
    await page.fill('input[name=approved]', at(0).slice(0, 10));
    await page.locator('main form button[type=submit]').click();
    return says(page, 'Two departments were late', 'The council');
  });
  await step(page, 'supervision: a sample is drawn and one mail answered', async () => {
    await page.locator('form[action*="/supervision/samples"] button[type=submit]').click();
    if (!page.url().includes('/samples/')) await page.locator('a[href*="/supervision/samples/"]').first().click();
    const answers = page.locator('select[name^=answer-]');
    const drawn = await answers.count();
    if (drawn < 2) return `${drawn} mails were drawn`;
    for (let i = 0; i < drawn; i++) await answers.nth(i).selectOption('no');
    await page.locator('main form button[type=submit]').last().click();
    if (!page.url().includes('/samples/')) await page.locator('a[href*="/supervision/samples/"]').first().click();
    const kept = await answers.evaluateAll((all) => all.filter((x) => x.value === 'no').length);
    if (kept !== drawn) return `${kept} of ${drawn} answers were kept`;
    return '';
  });
  await step(page, 'supervision: the report holds all of it', async () => {
    await page.goto(url + 'report?lang=en');
    return says(page, 'Write by Digital Post', 'Two departments were late', 'approved by The council', 'Departments looked up');
  });
  await step(page, 'supervision: a frozen report', async () => {
    await page.locator('form[action*="/report/freeze"] button').click();
    return says(page, 'Version 1', 'This report was frozen');
  });
});

// 3. Held mail: what it holds takes a reason; then it goes back to its sender.
let others = ''; // address of a held mail that is not ole.friis's
await story('reviewer', async (page) => {
  let rows = 0;
  await step(page, 'held: the list shows no content', async () => {
    await page.goto(url + 'held?lang=en');
    rows = await page.locator('table.plain tbody tr').count();
    return rows > 0 ? '' : 'no mail is held';
  });
  await step(page, 'held: a mail opens without its content', async () => {
    await page.locator('table.plain tbody th a').first().click();
    return (await page.locator('pre.content').count()) ? 'the content is shown unasked' : says(page, 'Rule, count and part');
  });
  await step(page, 'held: its content is shown for a reason', async () => {
    const s = section(page, 'a-show');
    await s.locator('[name=reason]').fill('the department says that it is a false alarm');
    await s.locator('button').click();
    const text = await page.locator('pre.content').first().innerText();
    return text.trim().length > 20 ? says(page, 'Subject', 'The content') : 'no content is shown';
  });
  await step(page, 'held: consent is no reason', async () => {
    const s = section(page, 'a-release');
    await s.locator('[name=reason]').selectOption('consent');
    await s.locator('[name=note]').fill('the citizen said yes');
    await s.locator('button').click();
    return says(page, 'consent does not lift the duty');
  });
  await step(page, 'held: it goes back to its sender', async () => {
    await section(page, 'a-return').locator('button').click();
    await page.goto(url + 'held?lang=en');
    const left = await page.locator('table.plain tbody tr').count();
    const other = new URL(await page.locator('table.plain tbody th a').first().getAttribute('href'), url);
    others = `${other.origin}${other.pathname}?lang=en&arrival=${encodeURIComponent(other.searchParams.get('arrival'))}`;
    return left === rows - 1 ? '' : `${left} of ${rows} mails are held`;
  });
});

// 4. Who watches: the auditor reads what was opened and why; others are refused.
await story('auditor', async (page) => {
  await step(page, 'auditor: who read a held mail, and why', async () => {
    await page.goto(url + 'access?lang=en');
    return says(page, 'read a held mail', 'the department says that it is a false alarm', 'returned a mail');
  });
});
// 5. A sender whose department leaves it to them: their own held mail and no other, released with a reason. The demo's manifest has five mails
// of ole.friis in hold; colleagues of the same department have some, too.
await story('sender', async (page) => {
  let own = '';
  await step(page, 'sender: the list has their own held mail alone', async () => {
    const rows = await page.locator('table.plain tbody tr').count();
    const departments = await page.$$eval('table.plain tbody tr td:nth-child(2)', (all) => [...new Set(all.map((x) => x.textContent))].join());
    return rows === 5 && departments === 'Borgerservice' ? '' : `${rows} mails of ${departments}`;
  });
  await step(page, 'sender: a mail says that they may decide, and shows no content', async () => {
    await page.locator('table.plain tbody th a').first().click();
    own = page.url();
    const offered = await page.$$eval('section[aria-labelledby^=a-]', (all) => all.map((x) => x.getAttribute('aria-labelledby')).join());
    return offered === 'a-return,a-release' ? says(page, 'mail of your own', 'lets the sender decide', 'counts as not protected') : `offered are ${offered}`;
  });
  await step(page, 'sender: mail of somebody else is not there', async () => {
    const noted = [];
    const opened = await page.goto(others);
    if (opened.status() !== 404) noted.push(`it opens with ${opened.status()}`);
    const there = new URL(others);
    for (const op of ['release', 'return', 'route', 'delete', 'show']) {
      const answer = await page.request.post(`${there.origin}${there.pathname}/${op}`, { maxRedirects: 0, headers: { Origin: there.origin, 'Sec-Fetch-Site': 'same-origin' },
        form: { arrival: there.searchParams.get('arrival'), reason: 'false-alarm', note: 'not mine' } });
      if (answer.status() !== (op === 'show' ? 403 : 404)) noted.push(`${op} answers ${answer.status()}`);
    }
    const answer = await page.request.post(`${there.origin}${new URL(own).pathname}/delete`, { maxRedirects: 0, headers: { Origin: there.origin, 'Sec-Fetch-Site': 'same-origin' },
      form: { arrival: new URL(own).searchParams.get('arrival'), reason: 'of my own' } });
    if (answer.status() !== 409) noted.push(`deleting one of their own answers ${answer.status()}`);
    return noted.join('; ');
  });
  await step(page, 'sender: consent is no reason', async () => {
    await page.goto(own);
    const s = section(page, 'a-release');
    await s.locator('[name=reason]').selectOption('consent');
    await s.locator('[name=note]').fill('the citizen said yes');
    await s.locator('button').click();
    return says(page, 'consent does not lift the duty');
  });
  await step(page, 'sender: it is released with a reason', async () => {
    const s = section(page, 'a-release');
    await s.locator('[name=reason]').selectOption('false-alarm');
    await s.locator('[name=note]').fill('the person is made up');
    await s.locator('button').click();
    const missing = await says(page, 'It is done.');
    const rows = await page.locator('table.plain tbody tr').count();
    return missing || (rows === 4 ? '' : `${rows} mails are held`);
  });
}, 'held');

// It left the real queue: the officer finds it among those that were released, beside the one that the demo itself released.
await story('officer', async (page) => {
  await step(page, 'officer: what the sender released has left in the open', async () => {
    for (const until = Date.now() + 60000; ;) {
      await page.goto(url + 'transmissions?lang=en&q=held-ended&key=released');
      const rows = await page.locator('table.rows tbody tr').count();
      const departments = (await page.locator('table.rows tbody').innerText()).match(/Borgerservice/g)?.length ?? 0;
      if (rows === 2 && departments === 1) return '';
      if (Date.now() > until) return `${rows} mails were released, ${departments} of Borgerservice`;
      await page.waitForTimeout(1000);
    }
  });
});

await story('auditor', async (page) => {
  await step(page, 'auditor: what the sender released, and was refused', async () => {
    await page.goto(url + 'access?lang=en');
    return says(page, 'released a mail', 'false-alarm', 'deleted a mail', 'was refused');
  });
});
await browser.close();
