import { expect, it } from 'vitest';
import { snippet } from './snippet';

it('makes a frame whose title breaks out of nothing', () => {
  expect(snippet('https://plenum.example/embed/poll/abc', '"><script>alert(1)</script> & more')).toBe(
    '<iframe src="https://plenum.example/embed/poll/abc" title="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" width="100%" height="560" loading="lazy" style="border:0"></iframe>',
  );
});
