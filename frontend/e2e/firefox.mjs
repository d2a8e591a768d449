// Headless Firefox as Debian ships it, driven over WebDriver BiDi. playwright-core speaks it up to 1.64 in words that
// Firefox ESR 153 knows; later ones send a command that this Firefox refuses (emulation.setMediaFeaturesOverride).
import { firefox } from 'playwright-core';

const preferences = {
  // A moving picture and a tone in the place of devices, and nobody to ask.
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  // Server and browser are on one machine. Firefox tells a page more than the address of its default route only where the
  // page may use devices.
  'permissions.default.camera': 1,
  'permissions.default.microphone': 1,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  // It calls home no more than the other browser of these tests does.
  'network.proxy.type': 0,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'media.gmp-manager.updateEnabled': false,
  'app.normandy.enabled': false,
};

/** Starts a Firefox that ends with the cast. Its face is Firefox's own. */
export async function firefoxOf(cast) {
  const b = await firefox.launch({ channel: 'moz-firefox', executablePath: '/usr/bin/firefox-esr', headless: true, firefoxUserPrefs: preferences });
  cast.browsers.push(b);
  return b;
}
