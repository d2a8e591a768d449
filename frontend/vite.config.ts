import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Writes a .br and a .gz beside every built text file, so that the server never compresses. */
function precompress(): Plugin {
  let out = '';
  return {
    name: 'plenum-precompress',
    apply: 'build',
    configResolved(config) {
      out = resolve(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(html|js|css|svg|json|txt)$/.test(entry.name)) continue;
        const file = join(entry.parentPath, entry.name);
        const data = readFileSync(file);
        writeFileSync(`${file}.gz`, gzipSync(data, { level: 9 }));
        writeFileSync(`${file}.br`, brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
      }
    },
  };
}

/** Gives Lucide's icons our small drawing component instead of the package's, which is 4 kB gzipped heavier. */
function smallIcons(): Plugin {
  const ours = resolve(import.meta.dirname, 'src/lib/ui/Icon.svelte');
  return {
    name: 'plenum-small-icons',
    enforce: 'pre',
    resolveId: (source, importer) => (source === '../Icon.svelte' && importer?.includes('@lucide/svelte/dist/icons/') ? ours : null),
  };
}

/** What is shipped of others' work, with the licences that ask to be shipped along. */
function licenses(): Plugin {
  const shipped = ['svelte', '@lucide/svelte', 'uqr', '@noble/hashes', '@cloudflare/blindrsa-ts', 'sjcl', '@fontsource-variable/atkinson-hyperlegible-next'];
  return {
    name: 'plenum-licenses',
    apply: 'build',
    generateBundle() {
      const parts = shipped.map((name) => {
        const dir = resolve(import.meta.dirname, 'node_modules', name);
        const file = readdirSync(dir).find((f) => /^licen[cs]e/i.test(f));
        if (!file) throw new Error(`no licence in ${dir}`);
        return `${name}\n\n${readFileSync(join(dir, file), 'utf8').trim()}\n`;
      });
      this.emitFile({ type: 'asset', fileName: 'licenses.txt', source: parts.join(`\n${'-'.repeat(72)}\n\n`) });
    },
  };
}

const api = process.env['PLENUM_DEV_API'] ?? 'http://127.0.0.1:8080';

// The paths that cmd/plenum maps to each entry; the development server has to do the same.
function entries(): Plugin {
  return {
    name: 'plenum-entries',
    apply: 'serve',
    configureServer(server) {
      server.middlewares.use((req, _res, next) => {
        const path = (req.url ?? '/').split(/[?#]/)[0] ?? '/';
        if (/^\/(w\/|embed\/|(j|vote)(\/|$))/.test(path)) req.url = '/attendee.html';
        else if (/^\/present\//.test(path)) req.url = '/present.html';
        else if (path === '/receipt') req.url = '/receipt.html';
        else if (/^\/($|setup|login|password|webinars|members\/|stage\/|s\/|recordings)/.test(path)) req.url = '/host.html';
        next();
      });
    },
  };
}

export default defineConfig({
  appType: 'mpa',
  plugins: [smallIcons(), svelte(), entries(), licenses(), precompress()],
  resolve: process.env['VITEST'] ? { conditions: ['browser'] } : {},
  server: { host: '127.0.0.1', proxy: { '/api': api } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the content security policy forbids data: fonts and scripts
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      input: { attendee: 'attendee.html', host: 'host.html', present: 'present.html', receipt: 'receipt.html', notfound: '404.html' },
      // What all entries need is one file and not a dozen, which would compress worse.
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [{ name: 'base', test: /node_modules\/(svelte|clsx|esm-env)\/|vite\/preload-helper|@lucide\/svelte\/dist\/icons\/(sun|moon|x|circle-dot|headphones)\.|src\/attendee\/(i18n|ticket|session\.svelte)|src\/lib\/(lang\.svelte|seen|i18n|storage|theme|api|problem|events|marks|relays|room\.svelte|ui\/(Icon|Brand|TopBar|LiveRegion|live\.svelte)|recording\/announce\.)/ }],
        },
      },
      // Svelte's custom elements and its old class components are used nowhere; without the hint they stay in.
      treeshake: { moduleSideEffects: [{ test: /svelte\/src\/(internal\/client\/dom\/elements\/custom-element|legacy\/legacy-client)\.js$/, sideEffects: false }] },
    },
  },
  // A file whose tests need a page says so in its first line: to make one takes longer than most of the others run.
  test: { environment: 'node', include: ['test/**/*.test.ts', 'src/**/*.test.ts'] },
});
