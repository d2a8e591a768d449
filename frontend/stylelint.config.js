export default {
  extends: ['stylelint-config-recommended'],
  overrides: [
    {
      files: ['**/*.svelte'],
      customSyntax: 'postcss-html',
      // Svelte's own: what a component says of elements that it does not write itself.
      rules: { 'selector-pseudo-class-no-unknown': [true, { ignorePseudoClasses: ['global'] }] },
    },
  ],
  reportNeedlessDisables: true,
};
