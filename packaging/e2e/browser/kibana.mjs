// kibana.mjs <PLAN: opens every dashboard of a Kibana as a person does, in Debian's Chromium, and compares what its panels
// show with known figures. The plan is JSON (see agent/elastic, kibanaPlan). Prints one line for each check, "ok NAME" or
// "not ok NAME: why".
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const plan = JSON.parse(readFileSync(0, 'utf8'));
const failures = '[data-test-subj="embeddableError"],[data-test-subj="embeddableStackError"],[data-test-subj="embeddable-lens-failure"],[data-test-subj="errorMessageMarkdown"]';

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({
  locale: 'en-GB', timezoneId: 'UTC', viewport: { width: 1600, height: 9000 },
  ignoreHTTPSErrors: plan.ownAuthority, // the certificate was held against the authority before
  extraHTTPHeaders: plan.authorization ? { Authorization: plan.authorization } : {},
});
// Charts are pictures; with this flag they say their values in an attribute.
await context.addInitScript(() => { window._echDebugStateFlag = true; });

const told = (name, wrong) => console.log(wrong.length ? `not ok ${name}: ${wrong.join('; ').replace(/\s+/g, ' ')}` : `ok ${name}`);

if (plan.username) {
  const answer = await context.request.post(plan.url + '/internal/security/login', {
    headers: { 'kbn-xsrf': 'postvagt', 'x-elastic-internal-origin': 'Kibana' },
    data: { providerType: 'basic', providerName: 'basic', currentURL: plan.url + '/login', params: { username: plan.username, password: plan.password } },
  });
  told('log in', answer.ok() ? [] : [`Kibana answers ${answer.status()}: is the provider named basic, are KIBANA_USERNAME and KIBANA_PASSWORD right?`]);
}

// number reads what Kibana writes: 1,234 or 12.3%.
const number = (text) => Number(text.replace(/[\s,]/g, '').replace(/%$/, ''));
const numbers = (text) => (text.match(/\d[\d,]*(\.\d+)?%?/g) ?? []);
// same compares as precisely as it is shown.
function same(shown, known) {
  if (known === null) return !/\d/.test(shown);
  const decimals = (shown.split('.')[1] ?? '').replace('%', '').length;
  const value = shown.trim().endsWith('%') ? 100 * known : known;
  return Math.abs(number(shown) - value) <= 0.5000001 * 10 ** -decimals;
}

// find gives the element of a panel: the places where the versions of Kibana keep its id, then its title.
async function find(page, panel) {
  for (const selector of [`#panel-${panel.id}`, `[data-test-embeddable-id="${panel.id}"]`]) {
    const there = page.locator(`[id="${panel.id}"],${selector}`).first();
    if (await there.count()) return there;
  }
  const heading = `[data-test-subj="embeddablePanelHeading-${panel.title.replace(/\s/g, '')}"]`;
  const titled = page.locator('[data-test-subj="embeddablePanel"]', { has: page.locator(heading) }).first();
  return await titled.count() ? titled : null;
}

async function figure(at, panel) {
  const values = await at.locator('.echMetricText__value,.echMetricText__extra').allInnerTexts();
  const text = values.length ? values.join(' | ') : (await at.innerText()).replace(panel.title, '');
  const shown = numbers(text.replace(/\s+%/g, '%'));
  return panel.rows[0].values.filter((known) => known !== null && !shown.some((s) => same(s, known)))
    .map((known) => `shows "${text}", known is ${known}`);
}

async function table(at, panel) {
  const cells = await at.locator('[data-test-subj="dataGridRowCell"]').evaluateAll((all) => all.map((c) => ({
    row: c.getAttribute('data-gridcell-row-index'), column: Number(c.getAttribute('data-gridcell-column-index')),
    text: (c.querySelector('[data-test-subj="lnsTableCellContent"],.euiDataGridRowCell__content') ?? c).innerText.trim(),
  })));
  const rows = {};
  for (const c of cells) (rows[c.row] ??= [])[c.column] = c.text;
  const wrong = [];
  for (const [key, ...values] of Object.values(rows)) {
    const known = panel.rows.find((r) => r.key === key);
    if (!known) {
      if (values.some((v) => /[1-9]/.test(v))) wrong.push(`has a row "${key}" with ${values.join(' | ')} that is not known`);
    } else if (values.length !== known.values.length || !values.every((v, i) => same(v, known.values[i]))) {
      wrong.push(`row "${key}" shows ${values.join(' | ')}, known is ${known.values.join(' | ')}`);
    }
  }
  const want = Math.min(10, panel.rows.filter((r) => r.values.some((v) => v)).length);
  if (Object.keys(rows).length < want) wrong.push(`shows ${Object.keys(rows).length} rows, known are at least ${want}`);
  return wrong;
}

async function chart(at, panel) {
  const states = await at.locator('[data-ech-debug-state]').evaluateAll((all) => all.map((e) => e.getAttribute('data-ech-debug-state')));
  if (!states.length) return [`has no chart that tells its values (data-ech-debug-state); it says "${(await at.innerText()).slice(0, 200)}"`];
  const points = new Map();
  for (const state of states.map((s) => JSON.parse(s))) {
    for (const p of [...(state.bars ?? []).flatMap((b) => b.bars), ...(state.lines ?? []).flatMap((l) => l.points)]) {
      points.set(panel.chart === 'line' ? new Date(p.x).toISOString().slice(0, 10) : String(p.x), p.y);
    }
  }
  const wrong = [];
  for (const { key, values: [known] } of panel.rows) {
    const shown = points.get(key);
    if (known && (shown === undefined || shown === null)) wrong.push(`shows nothing at "${key}", known is ${known}`);
    else if (known !== null && Math.abs((shown ?? 0) - known) > 1e-6) wrong.push(`shows ${shown} at "${key}", known is ${known}`);
  }
  for (const [key, shown] of points) {
    if (shown > 0 && !panel.rows.some((r) => r.key === key)) wrong.push(`shows ${shown} at "${key}", where nothing is known`);
  }
  return wrong;
}

// settled waits until all panels are drawn, and says what is not.
async function settled(page, board) {
  try {
    await page.waitForFunction((n) => document.querySelectorAll('[data-render-complete]').length >= n && !document.querySelector('[data-render-complete="false"]'), board.panels.length, { timeout: plan.timeout });
    return [];
  } catch {
    const drawn = await page.locator('[data-render-complete="true"]').count();
    const waiting = await page.locator('[data-render-complete="false"]').count();
    const login = await page.locator('[data-test-subj="loginForm"],input[type=password]').count();
    return [`after ${plan.timeout / 1000} s ${drawn} panels are drawn and ${waiting} are not, ${board.panels.length} are to be; the page is ${new URL(page.url()).pathname}`
      + (login ? ', a form to log in: say KIBANA_USERNAME and KIBANA_PASSWORD, or KIBANA_API_KEY' : '')];
  }
}

for (const board of plan.boards) {
  const page = await context.newPage();
  const name = `${board.id}: opens`;
  try {
    const time = `_g=(refreshInterval:(pause:!t,value:0),time:(from:'${plan.from}',to:'${plan.to}'))`;
    const answer = await page.goto(`${plan.url}/app/dashboards#/view/${board.id}?${time}`, { waitUntil: 'load', timeout: plan.timeout });
    const wrong = answer && answer.status() >= 400 ? [`Kibana answers ${answer.status()}`] : await settled(page, board);
    for (const text of await page.locator(failures).allInnerTexts()) wrong.push(`a panel fails: ${text.slice(0, 200)}`);
    told(name, wrong);
    for (const panel of board.panels) {
      const at = await find(page, panel);
      const title = `${board.id}: ${panel.question} "${panel.title}"`;
      if (!at) {
        told(title, [`no such panel is on the page (id ${panel.id})`]);
        continue;
      }
      told(title, await { figure, table, line: chart, bar: chart }[panel.chart](at, panel));
    }
  } catch (error) {
    told(name, [String(error.message).split('\n')[0]]);
  }
  await page.close();
}
await browser.close();
