import '../app.css';
import { mount } from 'svelte';
import { language } from '../lib/lang.svelte';
import { applyTheme, storedTheme } from '../lib/theme';
import App from './App.svelte';
import { words } from '../questions/words';
import { load } from './i18n';

applyTheme(storedTheme());
await language.start(load, words);
mount(App, { target: document.getElementById('app')! });
