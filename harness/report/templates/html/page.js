// Draws what the page's data says: the matrix, classes, the list of findings. What is shown stands behind the `#`, so that a
// view can be kept and shared, and the back button goes to the one before. Every text passes `esc`; findings' sections were
// escaped when the page was made. Never asks for anything.
(() => {
  'use strict';
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($('data').textContent);
  const esc = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const text = (place) => data.strings[place];
  const count = (n, noun) => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : /s$/.test(noun) ? 'es' : 's'}`;
  const classes = data.classes.map(([anchor, id, severity, level, title, construction, mend, references, cwe, flags, cells, cases], at) =>
    ({ at, anchor, id, severity, level, title, construction, mend, references, cwe, flags, cells, cases, family: id.split('/')[0] }));
  const findings = data.findings.map(([anchor, severity, level, oracle, known, of, target, name, title, variant, fresh, cases], at) =>
    ({ at, anchor, severity, level, oracle, known, of, target, name, title, variant, fresh, cases }));
  const classOf = new Map(classes.map((row) => [row.anchor, row]));
  const findingOf = new Map(findings.map((row) => [row.anchor, row]));
  // The first finding of a class at a target is its worst.
  const worst = new Map();
  for (const row of findings) {
    const key = `${row.of}/${row.target}`;
    if (!worst.has(key)) worst.set(key, row);
  }
  const CELL = {
    A: ['f', '✗<small>A</small>', 'wrong: accepted what must be refused, or as something else'], R: ['f', '✗<small>R</small>', 'wrong: refused what must be accepted'],
    F: ['f', '✗<small>F</small>', 'wrong: did not answer'], X: ['f', '✗', 'wrong'], K: ['k', '!', 'wrong, and known'], '?': ['q', '?', 'inconclusive'],
    a: ['p', '✓', 'right: accepted'], r: ['p', '✓', 'right: refused'], p: ['p', '✓', 'right'], '-': ['s', '–', 'skipped'], '.': ['n', '·', 'not shown'],
  };
  const ONLY = 1, DISAGREE = 2, NEW = 4, FAULT = 8, SKIP = 16, PASSING = 32, WRONG = 64;
  const PRESETS = [
    ['', 'Everything', () => true, 'every class'],
    ['wrong', 'Wrong', (row) => row.flags & WRONG, 'classes that somebody answers wrongly'],
    ['one', 'Only one accepts', (row) => row.flags & ONLY, 'classes with a case that one target alone accepts'],
    ['disagree', 'Disagree', (row) => row.flags & DISAGREE, 'classes with a case that some accept and some refuse'],
    ['new', 'New since the baseline', (row) => row.flags & NEW, 'classes with a finding that the baseline has not'],
    ['faults', 'Faults', (row) => row.flags & FAULT, 'classes with a panic, crash, hang or nonsense'],
    ['skipped', 'Skipped, and why', (row) => row.flags & SKIP, 'classes that some targets were not shown for want of a capability'],
  ];
  const SEVERITIES = ['critical', 'high', 'medium', 'low', 'note'];
  const link = (page, query) => {
    const said = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '' && value != null)).toString();
    return `#${page}${said ? `?${said}` : ''}`;
  };

  // Rows are added as they come into sight. What is already there is kept while the view stays the same.
  const lazily = (place, { key, head, rows, row, size, label, tall, style, tail }) => {
    if (place.dataset.key === key) return;
    place.dataset.key = key;
    place.innerHTML = `<div class="scroll${tall ? ' tall' : ''}" tabindex="0" role="region" aria-label="${esc(label)}"><table class="${style}"><thead>${head}</thead><tbody></tbody></table><p class="more"><button type="button"></button></p></div>${tail || ''}`;
    const [scroll, body, more] = ['.scroll', 'tbody', '.more'].map((name) => place.querySelector(name));
    let shown = 0;
    const add = (many) => {
      const next = rows.slice(shown, shown + many);
      body.insertAdjacentHTML('beforeend', next.map(row).join(''));
      shown += next.length;
      more.hidden = shown >= rows.length;
      more.firstChild.textContent = `Show ${count(Math.min(size, rows.length - shown), 'row')} more of ${rows.length - shown}`;
    };
    add(size);
    more.firstChild.addEventListener('click', () => add(size));
    new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting) && shown < rows.length) add(size); },
      { root: tall ? scroll : null, rootMargin: '600px' }).observe(more);
    place.addRows = add;
  };

  const columns = (targets) => targets.map((at) => `<th scope="col" class="t" title="${esc(data.targets[at].join(' '))}"><span>${esc(data.targets[at][0])}</span></th>`).join('');
  const cell = (row, at, letter, said) => {
    const [style, mark, means] = CELL[letter] || CELL['.'];
    const label = `${data.targets[at][0]}: ${means}${said ? `, ${said}` : ''}`;
    const finding = style === 'f' || style === 'k' ? worst.get(`${row.at}/${at}`) : null;
    const inner = finding ? `<a href="#${esc(finding.anchor)}"><span aria-hidden="true">${mark}</span><span class="vh">${esc(label)}</span></a>` : `<span aria-hidden="true">${mark}</span><span class="vh">${esc(means)}</span>`;
    return `<td class="c ${style}" title="${esc(label)}">${inner}</td>`;
  };
  const sev = (word) => `<span class="sev ${word}">${word}</span>`;

  const all = data.targets.map((_, at) => at);
  const matrixRow = (targets) => (row) => `<tr><th scope="row">${sev(row.severity)} <a href="#${esc(row.anchor)}">${esc(row.id)}</a><br><span class="note">${esc(text(row.title))}</span></th>${targets.map((at) => cell(row, at, row.cells[at])).join('')}</tr>`;
  const showMatrix = (query) => {
    const state = { show: query.get('show') || '', family: query.get('family') || '', target: query.get('target') || '', q: query.get('q') || '', passing: query.get('passing') || '' };
    const preset = PRESETS.find(([word]) => word === state.show) || PRESETS[0];
    $('presets').innerHTML = PRESETS.map(([word, name, fits]) => `<a href="${esc(link('matrix', { ...state, show: word }))}"${word === preset[0] ? ' aria-current="true"' : ''}>${name} <span class="n">${classes.filter(fits).length}</span></a>`).join(' ');
    const target = data.targets[state.target] ? Number(state.target) : null;
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (row) => preset[2](row) && (!state.family || row.family === state.family)
      && (target === null || 'AFRXK?'.includes(row.cells[target]) || (preset[0] === 'skipped' && row.cells[target] === '-'))
      && words.every((word) => `${row.id} ${text(row.title)}`.toLowerCase().includes(word));
    const rows = classes.filter(fits);
    // What passes everywhere is folded away as long as nobody asks for it by name.
    const folded = state.passing || words.length || state.show ? [] : rows.filter((row) => row.flags & PASSING);
    const shown = folded.length ? rows.filter((row) => !(row.flags & PASSING)) : rows;
    $('m-count').textContent = `${count(shown.length, 'class')} of ${classes.length.toLocaleString('en')}: ${preset[3]}${folded.length ? `; ${count(folded.length, 'class')} passing everywhere folded away` : ''}.`;
    for (const [id, value] of [['m-family', state.family], ['m-target', state.target]]) $(id).value = value;
    if ($('m-q').value !== state.q) $('m-q').value = state.q;
    if ($('skips')) $('skips').open = preset[0] === 'skipped' || ($('skips').open && $('skips').dataset.kept === 'yes');
    lazily($('m-table'), {
      key: JSON.stringify(state), rows: shown, size: 60, tall: true, style: 'matrix', label: 'Matrix of classes and targets',
      head: `<tr><th scope="col">class</th>${columns(all)}</tr>`, row: matrixRow(all),
      tail: folded.length ? `<p><a href="${esc(link('matrix', { ...state, passing: 'yes' }))}">Passing everywhere: ${count(folded.length, 'class')}</a></p>` : '',
    });
  };

  const listed = (row) => `<tr><td>${sev(row.severity)}${row.known ? ' <span class="note">known</span>' : ''}${row.fresh ? ' <span class="new">new</span>' : ''}</td><th scope="row"><a href="#${esc(row.anchor)}">${esc(text(row.title))}</a><br><span class="note"><code>${esc(classes[row.of].id)}/${esc(row.variant)}</code> · ${row.oracle}${row.cases > 1 ? ` · ${row.cases} cases` : ''}</span></th><td>${esc(text(row.name))}</td></tr>`;
  const FINDING_HEAD = '<tr><th scope="col">severity</th><th scope="col">finding</th><th scope="col">target</th></tr>';
  const showFindings = (query) => {
    const state = Object.fromEntries(['severity', 'target', 'oracle', 'show', 'q'].map((name) => [name, query.get(name) || '']));
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = findings.filter((row) => (!state.severity || row.severity === state.severity) && (!state.target || String(row.target) === state.target)
      && (!state.oracle || row.oracle === state.oracle)
      && (state.show === 'known' ? row.known : state.show === 'new' ? row.fresh : state.show === 'all' || !row.known)
      && words.every((word) => `${classes[row.of].id} ${text(row.title)} ${text(row.name)}`.toLowerCase().includes(word)));
    for (const name of ['severity', 'target', 'oracle', 'show']) $(`f-${name}`).value = state[name];
    if ($('f-q').value !== state.q) $('f-q').value = state.q;
    $('f-count').textContent = `${count(rows.length, 'finding')} of ${findings.length.toLocaleString('en')}.`;
    lazily($('f-table'), { key: JSON.stringify(state), rows, size: 100, style: 'plain', label: 'List of findings', head: FINDING_HEAD, row: listed });
  };

  const showClass = (row) => {
    const place = $('class');
    if (place.dataset.key === row.anchor) return;
    place.dataset.key = row.anchor;
    const clauses = row.references.map(([said, url]) => (url ? `<a href="${esc(url)}" rel="noreferrer">${esc(text(said))}</a>` : esc(text(said))));
    if (row.cwe) clauses.push(`<a href="https://cwe.mitre.org/data/definitions/${Number(row.cwe)}.html" rel="noreferrer">CWE-${Number(row.cwe)}</a>`);
    const facts = [['construction', esc(text(row.construction))], ['clauses', clauses.join(', ')], ['level', row.level], ['mend', esc(text(row.mend))]];
    const own = findings.filter((finding) => finding.of === row.at);
    const targets = all.filter((at) => row.cells[at] !== '.');
    place.innerHTML = `<p class="crumbs"><a href="#matrix">Matrix</a> / <a href="${esc(link('matrix', { family: row.family }))}">${esc(row.family)}</a></p>
<h2 tabindex="-1">${sev(row.severity)} ${esc(text(row.title) || row.id)}</h2><p class="meta"><code>${esc(row.id)}</code></p>
<dl>${facts.filter(([, said]) => said).map(([name, said]) => `<dt>${name}</dt><dd>${said}</dd>`).join('')}</dl>
<h3>Findings: ${own.length}</h3>${own.length ? '<div class="own"></div>' : '<p class="note">None.</p>'}
<h3>Cases: ${row.cases.length || ''}</h3><div class="cases"></div>
<h3>Read more</h3><div class="copy"><pre class="wrap" tabindex="0" data-copy>assay explain ${esc(row.id)}</pre></div>`;
    if (own.length) lazily(place.querySelector('.own'), { key: 'own', rows: own, size: 50, style: 'plain', label: 'Findings of the class', head: FINDING_HEAD, row: listed });
    const cases = place.querySelector('.cases');
    if (row.cases.length) {
      lazily(cases, {
        key: 'cases', rows: row.cases, size: 80, tall: row.cases.length > 20, style: 'matrix', label: 'Cases and targets',
        head: `<tr><th scope="col">case, and what is expected</th>${columns(targets)}</tr>`,
        row: ([variant, , expected, cells]) => `<tr><th scope="row"><code>${esc(variant)}</code> <span class="note">${esc(text(expected))}</span></th>${targets.map((at) => { const [letter, said] = data.alphabet[[...cells][at]] || ['.', null]; return cell(row, at, letter, said === null ? '' : text(said)); }).join('')}</tr>`,
      });
    } else cases.innerHTML = `<p class="note">${data.cases_left_out ? 'There are too many for a page; they are in report.json.' : 'None is kept.'}</p>`;
    copyable(place);
  };

  const showFinding = (section) => {
    const kept = section.querySelector(':scope > noscript');
    if (kept) {
      // With scripts on what a noscript element holds is text; it was escaped like the rest of the page.
      section.innerHTML = kept.textContent;
      for (const pre of section.querySelectorAll('[data-test]')) {
        const [before, policy, after] = data.tests[pre.dataset.test] || [pre.textContent, 0, ''];
        pre.textContent = before + (data.policies[policy] || '') + after;
      }
      copyable(section);
      neighbours(section);
    }
  };
  const neighbours = (section) => {
    const row = findingOf.get(section.id);
    const [before, after] = [findings[row.at - 1], findings[row.at + 1]].map((other) => (other && $(other.anchor) ? other : null));
    const one = (other, word, rel) => (other ? `<a rel="${rel}" href="#${esc(other.anchor)}">${word}</a>` : '');
    section.insertAdjacentHTML('beforeend', `<p class="note">${[one(before, '← The finding before', 'prev'), one(after, 'The next finding →', 'next')].filter(Boolean).join(' · ')}</p>`);
  };

  const say = (said) => { $('said').textContent = ''; setTimeout(() => { $('said').textContent = said; }, 30); };
  const copyable = (root) => {
    for (const pre of root.querySelectorAll('pre[data-copy]')) {
      if (pre.dataset.copied) continue;
      pre.dataset.copied = 'no';
      let around = pre.parentElement;
      if (!around.classList.contains('copy')) {
        around = document.createElement('div');
        around.className = 'copy';
        pre.replaceWith(around);
        around.append(pre);
      }
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = 'Copy';
      button.addEventListener('click', async () => {
        try { await navigator.clipboard.writeText(pre.textContent); } catch {
          getSelection().selectAllChildren(pre);
          document.execCommand('copy');
          getSelection().removeAllRanges();
        }
        button.textContent = 'Copied';
        say('Copied');
        setTimeout(() => { button.textContent = 'Copy'; }, 1500);
      });
      around.append(button);
    }
  };

  // Pages.
  const sections = [...document.querySelectorAll('main > section')];
  const places = new Map();
  const read = () => {
    const hash = location.hash.slice(1);
    const cut = hash.indexOf('?');
    const [page, query] = cut < 0 ? [hash, ''] : [hash.slice(0, cut), hash.slice(cut + 1)];
    let name = page;
    try { name = decodeURIComponent(page); } catch { /* It is no name of ours then. */ }
    return [name, new URLSearchParams(query)];
  };
  let current = null, followed = false, first = true;
  const show = () => {
    const [name, query] = read();
    let section = $('overview'), title = 'Overview', tab = 'overview';
    if (name === 'matrix') { showMatrix(query); section = $('matrix'); title = 'Matrix'; tab = name; }
    else if (name === 'findings') { showFindings(query); section = $('findings'); title = 'Findings'; tab = name; }
    else if (name === 'campaign' && $('campaign')) { section = $('campaign'); title = 'Campaign'; tab = name; }
    else if (classOf.has(name)) { showClass(classOf.get(name)); section = $('class'); title = classOf.get(name).id; tab = 'matrix'; }
    else if (findingOf.has(name) && $(name)) { section = $(name); showFinding(section); title = text(findingOf.get(name).title); tab = 'findings'; }
    const moved = section !== current;
    for (const one of sections) one.classList.toggle('on', one === section);
    section.hidden = false;
    document.title = `${title} – Assay`;
    for (const a of document.querySelectorAll('.top nav a')) {
      if (a.getAttribute('href') === `#${tab}`) a.setAttribute('aria-current', 'page'); else a.removeAttribute('aria-current');
    }
    if (moved && !first) {
      if (followed) { scrollTo(0, 0); section.querySelector('h2')?.focus({ preventScroll: true }); }
      else scrollTo(0, places.get(location.hash) || 0);
    }
    current = section; followed = false; first = false;
  };
  history.scrollRestoration = 'manual';
  addEventListener('scroll', () => places.set(location.hash, scrollY), { passive: true });
  document.addEventListener('click', (event) => {
    const a = event.target.closest && event.target.closest('a[href^="#"]');
    if (!a || event.ctrlKey || event.metaKey || event.shiftKey) return;
    followed = true;
    // The same view again: nothing changes but the place.
    if (a.getAttribute('href') === location.hash) { scrollTo(0, 0); followed = false; }
  });
  // A browser goes to the place of that name, which is the top of the page here.
  addEventListener('load', () => setTimeout(() => scrollTo(0, 0)), { once: true });
  addEventListener('hashchange', show);
  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('section.on details:not([open])')) details.open = true;
    for (const place of document.querySelectorAll('section.on [data-key]')) if (place.addRows) place.addRows(500);
  });
  // Arrows go from row to row in the tables.
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const row = event.target.closest && event.target.closest('tbody tr');
    if (!row || event.target.tagName !== 'A') return;
    const at = [...event.target.closest('td, th').parentElement.children].indexOf(event.target.closest('td, th'));
    const next = event.key === 'ArrowDown' ? row.nextElementSibling : row.previousElementSibling;
    const to = next && ((next.children[at] && next.children[at].querySelector('a')) || next.querySelector('a'));
    if (to) { event.preventDefault(); to.focus(); }
  });

  // Fields write what they say behind the `#`; a search replaces the view, a choice is one to go back from.
  const options = (id, rows) => { $(id).innerHTML = rows.map(([value, name]) => `<option value="${esc(value)}">${esc(name)}</option>`).join(''); };
  const changed = (page, name, value, replace) => {
    const query = read()[1];
    query.delete('passing');
    if (value) query.set(name, value); else query.delete(name);
    const to = link(page, Object.fromEntries(query));
    if (replace) { history.replaceState(null, '', to); show(); } else location.hash = to;
  };
  const names = data.targets.map(([name], at) => [String(at), name]);
  options('m-family', [['', 'all'], ...[...new Set(classes.map((row) => row.family))].sort().map((name) => [name, name])]);
  options('m-target', [['', 'all'], ...names.map(([at, name]) => [at, `wrong at ${name}`])]);
  options('f-severity', [['', 'all'], ...SEVERITIES.map((word) => [word, word])]);
  options('f-target', [['', 'all'], ...names]);
  options('f-oracle', [['', 'all'], ...[...new Set(findings.map((row) => row.oracle))].sort().map((word) => [word, word])]);
  options('f-show', [['', 'what counts'], ['new', 'new since the baseline'], ['known', 'known'], ['all', 'all']]);
  for (const [page, prefix, fields] of [['matrix', 'm', ['family', 'target', 'q']], ['findings', 'f', ['severity', 'target', 'oracle', 'show', 'q']]]) {
    for (const name of fields) {
      const field = $(`${prefix}-${name}`);
      let wait = 0;
      if (name === 'q') field.addEventListener('input', () => { clearTimeout(wait); wait = setTimeout(() => changed(page, name, field.value.trim(), true), 120); });
      else field.addEventListener('change', () => changed(page, name, field.value, false));
    }
  }
  if ($('skips')) $('skips').addEventListener('toggle', () => { $('skips').dataset.kept = $('skips').open ? 'yes' : 'no'; });
  for (const hidden of document.querySelectorAll('.filters[hidden]')) hidden.hidden = false;
  document.documentElement.classList.add('js-on');
  copyable($('overview'));
  show();
})();
