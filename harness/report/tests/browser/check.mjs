// The pages in a real browser: nothing is asked of the network, nothing runs but the page's own script, every view can be
// reached, kept and left by keyboard and back button, and an accessibility check finds nothing. Takes the folder of pages and
// the browser; says each thing that does not hold, and ends with 1 where there is one.
import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.cwd(), 'package.json'));
const { chromium } = require('playwright-core');
const [pages, executablePath] = process.argv.slice(2).map((path) => resolve(path));
const shots = join(pages, 'shots');
mkdirSync(shots, { recursive: true });

const wrong = [];
let checked = 0;
const holds = (what, is) => { checked += 1; if (!is) wrong.push(what); };
const equal = (what, found, wanted) => holds(`${what}: ${JSON.stringify(found)}, and not ${JSON.stringify(wanted)}`, JSON.stringify(found) === JSON.stringify(wanted));
const address = (name, hash = '') => `${pathToFileURL(join(pages, name)).href}${hash ? `#${hash}` : ''}`;

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

// Runs `work` with a page in which any complaint, request, dialog or foreign script is noted.
const on = async (name, hash, options, work) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const where = `${name}#${hash}`;
  page.on('console', (message) => { if (message.type() === 'error' || message.type() === 'warning') wrong.push(`${where}: the console says: ${message.text()}`); });
  page.on('pageerror', (error) => wrong.push(`${where}: the script failed: ${error.message}`));
  page.on('dialog', (dialog) => { wrong.push(`${where}: a dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => { if (!request.isNavigationRequest()) wrong.push(`${where}: a request for ${request.url()}`); });
  try {
    await page.goto(address(name, hash));
    await work(page);
  } catch (error) {
    wrong.push(`${where}: ${error.message.split('\n').slice(0, 3).join(' ')}`);
  }
  checked += 1;
  await context.close();
};
const see = (page, name) => page.screenshot({ path: join(shots, `${name}.png`) });
const visible = (page) => page.evaluate(() => [...document.querySelectorAll('main > section')].filter((one) => one.offsetParent !== null).map((one) => one.id));
// What a change behind the # draws comes a task later.
const settled = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50))));
const drawn = async (page, id) => {
  await page.waitForFunction((wanted) => document.querySelector('main > section.on')?.id === wanted, id);
  await settled(page);
};
const rows = (page, place) => page.locator(`${place} tbody tr`).count();
const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
const accessible = async (page, where) => {
  await page.evaluate(require('node:fs').readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const found = await page.evaluate(() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }));
  const told = found.violations.map((one) => `${one.id} (${one.nodes.length}): ${one.nodes.slice(0, 2).map((node) => `${node.target} ${node.any[0]?.message ?? ''}`).join('; ')}`);
  equal(`${where}: accessibility`, told, []);
};

const FINDING = 'finding/7f3a91c2';
const CLASS = 'class/alg-none/none-empty-sig';

// Every view, in both schemes and three widths: nothing overflows, and nothing is inaccessible.
const views = [['complete.html', ''], ['complete.html', 'matrix'], ['complete.html', 'findings'], ['complete.html', FINDING],
  ['complete.html', CLASS], ['compared.html', ''], ['stopped.html', ''], ['sound.html', ''], ['sound.html', 'matrix'], ['campaign.html', 'campaign'],
  ['sessions.html', ''], ['bench.html', ''], ['hostile.html', 'matrix'], ['hostile.html', 'findings']];
for (const [name, hash] of views) {
  for (const colorScheme of ['light', 'dark']) {
    await on(name, hash, { colorScheme }, async (page) => {
      await see(page, `${name}-${hash.replaceAll('/', '-')}-${colorScheme}`);
      await accessible(page, `${name}#${hash} ${colorScheme}`);
      const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      equal(`${name}: the paper is ${colorScheme}`, paper === 'rgb(255, 255, 255)', colorScheme === 'light');
    });
  }
  for (const width of [360, 768]) {
    await on(name, hash, { viewport: { width, height: 760 } }, async (page) => {
      await page.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
      await see(page, `${name}-${hash.replaceAll('/', '-')}-${width}`);
      equal(`${name}#${hash} at ${width}: the page is wider than the screen by`, await overflow(page), 0);
    });
  }
}

// What is measured is drawn without a script, and each text of a plot can be read in both schemes.
for (const colorScheme of ['light', 'dark']) {
  await on('bench.html', '', { colorScheme, viewport: { width: 1000, height: 3200 } }, async (page) => {
    const faint = await page.evaluate(() => {
      const light = (color) => {
        const [r, g, b] = color.match(/[\d.]+/g).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ratio = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      const paper = light(getComputedStyle(document.body).backgroundColor);
      const back = [...document.querySelectorAll('svg > rect:first-of-type')].filter((one) => ratio(light(getComputedStyle(one).fill), paper) > 1.01).map((one) => `paper ${getComputedStyle(one).fill}`);
      const texts = [...document.querySelectorAll('svg text')].filter((one) => ratio(light(getComputedStyle(one).fill), paper) < 4.5).map((one) => one.textContent.trim());
      return [...back, ...texts];
    });
    equal(`bench.html ${colorScheme}: plots on the page's paper, and texts in them that can be read`, faint, []);
    equal(`bench.html ${colorScheme}: plots, scripts, handlers`, await page.evaluate(() => [document.querySelectorAll('svg').length, document.scripts.length, [...document.querySelectorAll('*')].filter((one) => [...one.attributes].some((attribute) => attribute.name.startsWith('on') || attribute.name === 'style')).length]), [5, 0, 0]);
    await see(page, `bench.html-whole-${colorScheme}`);
  });
}

// Presets and fields change what is shown and what stands behind the `#`; the back button undoes them one by one.
await on('complete.html', 'matrix', {}, async (page) => {
  const all = await rows(page, '#m-table');
  await page.click('#presets a:has-text("Faults")');
  await settled(page);
  holds('a preset is kept behind the #', page.url().includes('show=faults'));
  const faults = await rows(page, '#m-table');
  holds(`a preset shows fewer rows: ${faults} of ${all}`, faults > 0 && faults < all);
  await page.selectOption('#m-family', 'json');
  holds('a choice is kept beside it', /show=faults/.test(page.url()) && /family=json/.test(page.url()));
  equal('rows of that family', await rows(page, '#m-table'), 1);
  await page.goBack();
  await page.waitForFunction(() => document.getElementById('m-family').value === '');
  equal('back: the choice before', await rows(page, '#m-table'), faults);
  await page.goBack();
  await page.waitForFunction(() => !location.hash.includes('show'));
  equal('back: everything', await rows(page, '#m-table'), all);
  await page.fill('#m-q', 'alg-none');
  await page.waitForFunction(() => location.hash.includes('q=alg-none'));
  equal('a search', await rows(page, '#m-table'), 1);
  const kept = page.url();
  await page.goto('about:blank');
  await page.goto(kept);
  equal('a view that was kept', [await rows(page, '#m-table'), await page.inputValue('#m-q')], [1, 'alg-none']);
});
await on('complete.html', 'matrix?show=skipped', {}, async (page) => {
  holds('skips say why', await page.locator('#skips[open] li').count() > 0);
  const only = address('complete.html', 'matrix?show=one');
  await page.goto(only);
  holds('one alone accepts somewhere', await rows(page, '#m-table') > 0);
});
await on('compared.html', 'findings?show=new', {}, async (page) => {
  const fresh = await rows(page, '#f-table');
  holds(`some findings are new since the baseline: ${fresh}`, fresh > 0 && fresh < 7);
  await page.click('#f-table tbody a');
  await settled(page);
  holds('a new finding says so', (await page.textContent('section.on .meta')).includes('new since the baseline'));
});
await on('complete.html', '', {}, async (page) => {
  await page.click('a.sev.critical');
  await drawn(page, 'findings');
  holds('a severity leads to its findings', page.url().includes('findings?severity=critical'));
  equal('which are so many', await rows(page, '#f-table'), 1);
  await page.click('#f-table tbody a');
  await drawn(page, FINDING);
  equal('a finding alone is shown', await visible(page), [FINDING]);
  equal('its title has the focus', await page.evaluate(() => document.activeElement.tagName), 'H2');
  const marks = await page.evaluate(() => ({ changed: document.querySelector('section.on mark')?.textContent, was: document.querySelector('section.on .was del')?.textContent, said: document.querySelector('section.on .was')?.textContent }));
  equal('the difference to the twin is marked, and told in words', [marks.changed, marks.was, marks.said.startsWith('was ')], ['"none"', '"RS256"', true]);
  const test = await page.textContent('section.on [data-test]');
  holds('the test is whole', test.includes('#[test]') && test.includes('"algorithms"') && test.trimEnd().endsWith('}'));
  await page.goBack();
  await drawn(page, 'findings');
});

// By keyboard: the first stop skips the head, a row's link opens with Enter, arrows go from row to row.
await on('complete.html', '', {}, async (page) => {
  await page.keyboard.press('Tab');
  equal('the first stop', await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('Enter');
  equal('which leads to the content', await page.evaluate(() => [document.activeElement.id, location.hash]), ['overview-title', '']);
});
await on('complete.html', 'matrix', {}, async (page) => {
  await page.focus('#m-table tbody th a');
  const first = await page.evaluate(() => document.activeElement.getAttribute('href'));
  await page.keyboard.press('ArrowDown');
  const second = await page.evaluate(() => document.activeElement.getAttribute('href'));
  holds(`an arrow goes to the next row: ${first}, ${second}`, second && second !== first);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.waitForFunction((hash) => location.hash === hash, first);
  await settled(page);
  equal('Enter opens the row', await visible(page), ['class']);
  await page.goBack();
  const stops = [];
  for (let at = 0; at < 20; at += 1) {
    await page.keyboard.press('Tab');
    stops.push(await page.evaluate(() => document.activeElement.tagName));
  }
  holds(`the tab key goes on and reaches fields: ${stops}`, stops.includes('SELECT') && stops.includes('INPUT'));
});

// Copying says so.
await on('complete.html', FINDING, { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
  await page.click('section.on .copy button:visible');
  await page.waitForFunction(() => document.getElementById('said').textContent === 'Copied');
});

// Without scripts everything is there: tables, and each finding in full.
await on('complete.html', '', { javaScriptEnabled: false }, async (page) => {
  await see(page, 'complete-without-scripts');
  const text = await page.locator('main').innerText();
  for (const part of ['Findings by severity', 'alg-none/none-empty-sig', 'assay replay 7f3a91c2', 'RFC 7518 §3.6', '"alg": "none"']) holds(`without scripts: ${part}`, text.includes(part));
  holds('without scripts no field is shown that does nothing', await page.locator('.filters').first().isHidden());
  equal('without scripts nothing is wider than the screen', await overflow(page), 0);
  await page.click(`a[href="#${FINDING}"]`);
  holds('without scripts a link leads to the finding', await page.locator(`section[id="${FINDING}"]`).isVisible());
});

// On paper.
await on('complete.html', FINDING, {}, async (page) => {
  await page.emulateMedia({ media: 'print' });
  holds('on paper no buttons are', await page.locator('section.on .copy button').first().isHidden());
  const pdf = await page.pdf();
  holds(`a finding fits on paper: ${pdf.length}`, pdf.length > 2000);
});

// What a run that was stopped says first.
await on('stopped.html', '', {}, async (page) => {
  holds('a run that was stopped says so in red', (await page.textContent('.banner')).includes('not a complete run'));
});

// Whoever names a target or makes a token can put anything there: it is text.
for (const javaScriptEnabled of [true, false]) {
  await on('hostile.html', '', { javaScriptEnabled }, async (page) => {
    const hashes = javaScriptEnabled ? await page.evaluate(() => JSON.parse(document.getElementById('data').textContent)) : null;
    const views = ['', 'matrix', 'findings', ...(hashes ? [...hashes.findings, ...hashes.classes].map(([anchor]) => anchor) : [])];
    for (const hash of views) {
      await page.goto(address('hostile.html', encodeURI(hash)));
      await page.waitForTimeout(50);
      const html = await page.content();
      const shown = await page.locator('main').innerText();
      equal(`hostile#${hash}: images, frames, objects`, await page.locator('img, iframe, object, embed, link, base, form').count(), 0);
      if (javaScriptEnabled) {
        const handlers = await page.evaluate(() => [...document.querySelectorAll('*')].filter((one) => [...one.attributes].some((attribute) => attribute.name.startsWith('on') || /^\s*javascript:/i.test(attribute.value))).length);
        equal(`hostile#${hash}: handlers in attributes`, handlers, 0);
        equal(`hostile#${hash}: scripts`, await page.locator('script').count(), 2);
        equal(`hostile#${hash}: harm was done`, await page.evaluate(() => globalThis.harmed ?? null), null);
      }
      holds(`hostile#${hash}: no character that turns the line around`, !/[\u0000\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(shown + html));
      if (hash === '') holds('hostile: the target’s name is shown as it is', shown.includes('</script><img src=x onerror=alert(1)>'));
      if (hash.startsWith('finding/')) holds(`hostile#${hash}: what hides is named`, shown.includes('U+202E') && shown.includes('U+0000'));
      equal(`hostile#${hash}: wider than the screen by`, await overflow(page), 0);
    }
  });
}

// A large report opens at once.
await on('large.html', 'matrix', {}, async (page) => {
  const took = await page.evaluate(() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd);
  const painted = await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now())))));
  console.log(`large.html: 4,000 classes at 30 targets open in ${took.toFixed(0)} ms, painted after ${painted.toFixed(0)} ms`);
  holds(`a large report opens in time: ${took} ms`, took < 5000);
  const before = await rows(page, '#m-table');
  holds(`rows are drawn as they are needed: ${before}`, before > 20 && before < 400);
  await page.locator('#m-table .scroll').evaluate((one) => { one.scrollTop = one.scrollHeight; });
  await page.waitForFunction((least) => document.querySelectorAll('#m-table tbody tr').length > least, before);
  const started = Date.now();
  await page.click('#presets a:has-text("Disagree")');
  await page.waitForFunction(() => location.hash.includes('disagree'));
  console.log(`large.html: a filter takes ${Date.now() - started} ms`);
});

await browser.close();
for (const one of wrong.slice(0, 60)) console.error(`WRONG ${one}`);
console.log(`${checked} things looked at, ${wrong.length} wrong`);
process.exit(wrong.length === 0 ? 0 : 1);
