// The kernel's logo: a loss that falls. Jupyter finds the files by their names; the pictures are drawn from the same
// points as the SVG.

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">
<rect width="64" height="64" rx="11.5" fill="#2f5fb8"/>
<polyline points="10.9,12.8 17.3,30.1 24.3,38.4 33.3,44.2 43.5,47.7 53.8,49.3"
  fill="none" stroke="#fff" stroke-width="7" stroke-linecap="round" stroke-linejoin="round"/>
</svg>
`;

const png32 =
  "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAYAAABzenr0AAABMElEQVR42sWXPQ7CMAyF3xV6EoaegzOwcwDO0IVbIM6AGBEjCwtbh25I" +
  "SGzMJU9qJddK0984lry0af3Vz05joLHN7pI5L5yXzutIXjYxMkhzF3Ln34iBtTNWLr/cMriEyNCkpE7kBbTm28Ot3h8fVgAldPDWqvfP" +
  "BKIDwC+XVpxetgB0affnxx7gfK06EJTFFMBaBvgusgCtitELYCmDF0C2I41ApgBaBpo5AIvPIgsI3dQWoyOCADoLMQoSQwt0R6wNgTGL" +
  "uCXHkgNjF+quaP8VS7MxGoCBfBBth8wFwdQHfDUht21KMwUGc6hD2ZAwlIjAhOo7ZWGJfnzxEMhQB2GNSuZLQ9KEdlSsvbMx1QzC9Puy" +
  "o9sXFgdPQvXVASKPYqOO5ckHk7SjWfLhNPV4/gf5jbO2UsHy2AAAAABJRU5ErkJggg==";

const png64 =
  "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAYAAACqaXHeAAACIUlEQVR42u2bPU7EQAyF3404CWVqeg7AGWg4wPaIYk+AKBFlGhq6FNsh" +
  "UVOHNUrEalFsz2QmO/aMJVebeDNf/PMSZQDGrm6eu6Pvjt4ffTTm/XTtHUJtWvhgcNFLPqhBTNRGp76TFr93vPjZ9zXeeT4TppofK/Pu" +
  "FMBQIYCh5rv/lwWV1f7/XqAROfePH+Pb+9ev3z70ngD0kA46fH6P5/b0cnADAdKdX7Lru1f/AOhOL5mXLIgGQKXhHgA1PM48NMSoJuip" +
  "DEQAXBmQuQdA3Z4zmhSuAZCTAFoy+s09AE4PWNcE0B7otQzUALxqAjUASRNYLQOEHOxREwQB8KgJggB41AQIPYErA4uaIBiApAncA5A0" +
  "gbVmGAWAk8bWekEUAEkTWHpXgNgTNWZBHEUD0GSBBYmMNSdLE8ECBKwNIKnD0icDUgSRpkLJEJAqEKcQT5ViaY0xGQDpOaFUnYCUwUIg" +
  "UMaUkA1IHVAzGUrqDcgRVDMZzrPhUsoRuQKHZsIMgs7bsjSQMzgtRDMiORimAYTIZml85oKBLesttDcswaA4BCRF38DWTYcuWiOaYsGQ" +
  "039o+wguNX5SZIMGSrEA5iaZG4QEAaVIUkrbXDC4ckCJT2jzd4mpjGuWKP2NTQoYJkpAWyYEhEqFoGimifSsYQoA10znHjJ/0qv9rNcF" +
  "gLVCqK8YQN8+l69+w0T1W2bapqm2ba5tnGxbZ9vm6Yq3z/8AzB6R8gvs1tQAAAAASUVORK5CYII=";

/** File name → content, beside kernel.json. */
export const logoFiles: Readonly<Record<string, string | Uint8Array>> = {
  "logo-svg.svg": svg,
  "logo-32x32.png": Buffer.from(png32, "base64"),
  "logo-64x64.png": Buffer.from(png64, "base64"),
};
