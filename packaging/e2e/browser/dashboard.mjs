// dashboard.mjs URL PASSWORD [FOLDER]: reads the dashboard as a person does, in Debian's Chromium, as each role.
// Prints one line for each check, "ok NAME" or "not ok NAME: why". With FOLDER it leaves pictures there.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [url, password, folder] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const here = new URL(url).host;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

async function check(name, work) {
  try {
    const wrong = await work();
    console.log(wrong?.length ? `not ok ${name}: ${[wrong].flat().join('; ')}` : `ok ${name}`);
  } catch (error) {
    console.log(`not ok ${name}: ${String(error.message).split('\n')[0]}`);
  }
}

// logIn gives the cookies of a user.
async function logIn(name) {
  const context = await browser.newContext({ locale: 'en-GB' });
  const page = await context.newPage();
  await page.goto(url + 'login');
  await page.fill('input[name=name]', name);
  await page.fill('input[name=password]', password);
  await page.click('main button[type=submit]');
  await page.waitForSelector('nav[aria-label=Pages]');
  const state = await context.storageState();
  await context.close();
  return state;
}

const session = {};
for (const role of ['viewer', 'officer', 'reviewer', 'sender', 'dpo', 'auditor', 'admin']) session[role] = await logIn(role);

// open gives a page that notes what a browser complains of, and who else was asked.
async function open(options, path = '') {
  const { as = 'officer', ...rest } = options;
  const context = await browser.newContext({ locale: 'en-GB', storageState: session[as], ...rest });
  const page = await context.newPage();
  const noted = [];
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) noted.push(`console: ${m.text()}`); });
  page.on('pageerror', (e) => noted.push(`script: ${e.message}`));
  page.on('request', (r) => { if (new URL(r.url()).host !== here) noted.push(`asked ${new URL(r.url()).host}`); });
  page.on('response', (r) => { if (r.status() >= 400) noted.push(`${r.status()} for ${new URL(r.url()).pathname}`); });
  await page.goto(url + path, { waitUntil: 'load' });
  return { context, page, noted };
}

const wide = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };

for (const [look, options] of Object.entries({
  'wide, light': { viewport: wide },
  'wide, dark': { viewport: wide, colorScheme: 'dark' },
  'phone, light': { viewport: phone, isMobile: true, hasTouch: true },
  'phone, dark': { viewport: phone, isMobile: true, hasTouch: true, colorScheme: 'dark' },
})) {
  for (const lang of ['en', 'da']) {
    await check(`figures read well (${look}, ${lang})`, async () => {
      const { context, page, noted } = await open(options, `?lang=${lang}`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (overflow > 0) noted.push(`${overflow} px wider than the window`);
      if (await page.getAttribute('html', 'lang') !== lang) noted.push('another language');
      await page.evaluate(axe);
      const result = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }));
      for (const v of result.violations) noted.push(`${v.id} at ${v.nodes[0].target}`);
      if (folder) await page.screenshot({ path: `${folder}/dashboard-${look.replace(', ', '-')}-${lang}.png`, fullPage: true });
      await context.close();
      return noted;
    });
  }
}

await check('each figure leads to as many transmissions', async () => {
  const { context, page, noted } = await open({ viewport: wide }, '?lang=en');
  const links = await page.$$eval('a.number', (all) => all.map((a) => [a.href, a.textContent.trim()]));
  if (links.length < 5) noted.push(`only ${links.length} figures`);
  for (const [href, value] of links) {
    await page.goto(href);
    const rows = await page.locator('table.rows tbody tr').count();
    if ((rows > 0) !== (value !== '0')) noted.push(`"${value}" leads to ${rows} rows: ${new URL(href).search}`);
  }
  await context.close();
  return noted;
});

await check('a figure can be followed to its evidence', async () => {
  const { context, page, noted } = await open({ viewport: wide }, '?lang=en');
  await page.locator('a.number').first().click();
  await page.locator('table.rows tbody th a').first().click();
  const text = await page.locator('main').innerText();
  if (!/mail\.log/.test(text)) noted.push('no line of the mail log is named');
  if (folder) await page.screenshot({ path: `${folder}/transmission.png`, fullPage: true });
  await context.close();
  return noted;
});

await check('the keyboard is enough', async () => {
  const { context, page, noted } = await open({ viewport: wide }, '?lang=en');
  await page.keyboard.press('Tab');
  const skip = await page.evaluate(() => [document.activeElement.className, document.activeElement.getAttribute('href')]);
  if (skip[0] !== 'skip') noted.push(`first stop is ${skip}`);
  const seen = new Set();
  for (let i = 0; i < 200; i++) {
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      if (e === document.body) return '';
      const s = getComputedStyle(e);
      // Of a date the browser itself shows which of day, month and year has the focus.
      const visible = s.outlineStyle !== 'none' || s.boxShadow !== 'none' || e.type === 'date';
      return `${e.tagName} ${e.href ?? e.name ?? ''} ${e.textContent.trim().slice(0, 20)}${visible ? '' : ' (no focus to be seen)'}`;
    });
    if (at === '') break;
    if (at.endsWith('(no focus to be seen)')) noted.push(at);
    seen.add(at);
    await page.keyboard.press('Tab');
  }
  const links = await page.locator('a.number').count();
  if (seen.size < links) noted.push(`${seen.size} stops for ${links} figures`);
  await context.close();
  return noted.slice(0, 5);
});

await check('period and department stay in the address', async () => {
  const { context, page, noted } = await open({ viewport: wide }, '?lang=da');
  const options = await page.$$eval('select[name=department] option', (all) => all.map((o) => o.value).filter(Boolean));
  if (!options.length) return 'no department to choose';
  await page.selectOption('select[name=department]', options[0]);
  await page.locator('form.filter button[type=submit]').click();
  const query = new URL(page.url()).searchParams;
  if (query.get('department') !== options[0]) noted.push('department is lost');
  if (query.get('lang') !== 'da') noted.push('language is lost');
  await context.close();
  return noted;
});

await check('no word of the workshop', async () => {
  const noted = [];
  for (const lang of ['en', 'da']) {
    const { context, page } = await open({ viewport: wide }, `?lang=${lang}`);
    const text = await page.locator('body').innerText();
    for (const word of ['verdict', 'milter', 'tier', 'offender', 'NaN', 'undefined', '%!', 'complied']) {
      if (new RegExp(`\\b${word}\\b`, 'i').test(text)) noted.push(`"${word}" (${lang})`);
    }
    await context.close();
  }
  return noted;
});

// Each role is shown what it may open, and is refused what it may not.
const pages = {
  viewer: { open: ['', 'words', 'me'], refused: ['boards', 'transmissions', 'report', 'report/pdf', 'access', 'users'] },
  officer: { open: ['', 'boards', 'transmissions', 'triage', 'repeated', 'cases', 'processors', 'report', 'supervision', 'false-alarms', 'words', 'me'], refused: ['access', 'access/csv', 'users'] },
  reviewer: { open: ['', 'transmissions', 'held', 'supervision', 'words', 'me'], refused: ['report', 'access', 'users'] },
  sender: { open: ['held', 'words', 'me'], refused: ['', 'boards', 'transmissions', 'triage', 'cases', 'report', 'report/pdf', 'supervision', 'access', 'users'] },
  dpo: { open: ['', 'transmissions', 'report', 'words', 'me'], refused: ['access', 'users'] },
  auditor: { open: ['', 'transmissions', 'triage', 'cases', 'report', 'access', 'words', 'me'], refused: ['users'] },
  admin: { open: ['', 'false-alarms', 'users', 'words', 'me'], refused: ['transmissions', 'report', 'access'] },
};
for (const [role, { open: may, refused }] of Object.entries(pages)) {
  await check(`the pages of ${role}`, async () => {
    const noted = [];
    for (const path of may) {
      for (const lang of ['en', 'da']) {
        const { context, page, noted: said } = await open({ viewport: phone, as: role, colorScheme: lang === 'da' ? 'dark' : 'light' }, `${path}?lang=${lang}`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (overflow > 0) said.push(`${overflow} px wider than the window`);
        await page.evaluate(axe);
        const result = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }));
        for (const v of result.violations) said.push(`${v.id} at ${v.nodes[0].target}`);
        noted.push(...said.map((s) => `${path || 'overview'} (${lang}): ${s}`));
        await context.close();
      }
      if (folder) {
        const { context, page } = await open({ viewport: wide, as: role }, `${path}?lang=en`);
        await page.screenshot({ path: `${folder}/${role}-${path.replace('/', '-') || 'overview'}.png`, fullPage: true });
        await context.close();
      }
    }
    for (const path of refused) {
      const { context, page, noted: said } = await open({ viewport: wide, as: role }, `${path}?lang=en`);
      if (!said.some((s) => s.startsWith('403'))) noted.push(`${path} is not refused`);
      await context.close();
    }
    return noted;
  });
}

await check('who logs in, and who asks for what is not there', async () => {
  const noted = [];
  for (const [path, as] of [['login', undefined], ['nothing-here', 'officer']]) {
    for (const [lang, colorScheme] of [['en', 'dark'], ['da', 'light']]) {
      const { context, page, noted: said } = await open({ viewport: phone, colorScheme, ...(as ? { as } : { storageState: undefined }) }, `${path}?lang=${lang}`);
      await page.evaluate(axe);
      const result = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }));
      for (const v of result.violations) noted.push(`${path} (${lang}): ${v.id} at ${v.nodes[0].target}`);
      if (!await page.locator('h1').count()) noted.push(`${path} (${lang}): no heading`);
      noted.push(...said.filter((s) => !s.startsWith('404') && !s.includes('404')).map((s) => `${path} (${lang}): ${s}`));
      await context.close();
    }
  }
  return noted;
});

await check('nobody sees anything without logging in', async () => {
  const noted = [];
  for (const path of ['', 'transmissions', 'report', 'report/json', 'access', 'users', 'words', 'me', 'nonsense']) {
    const { context, page } = await open({ storageState: undefined, viewport: wide }, path);
    if (!new URL(page.url()).pathname.startsWith('/login')) noted.push(`${path} leads to ${page.url()}`);
    await context.close();
  }
  return noted;
});

await check('it prints', async () => {
  const { context, page } = await open({ viewport: wide }, '?lang=en');
  const pdf = await page.pdf({ format: 'A4' });
  await context.close();
  return pdf.length > 5000 ? [] : [`${pdf.length} bytes`];
});

if (folder) {
  const { context, page } = await open({ viewport: wide, deviceScaleFactor: 1.5 }, '?lang=en');
  await page.screenshot({ path: `${folder}/dashboard.png`, clip: { x: 0, y: 0, width: 1280, height: 1060 }, fullPage: true });
  await context.close();
}
await browser.close();
