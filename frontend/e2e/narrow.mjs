// Networks that let little through, made inside of the page: what a firewall would drop is not tried at all.

/** Only media over TCP gets through. */
export function onlyTCP() {
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    setRemoteDescription(d) {
      return super.setRemoteDescription({ type: d.type, sdp: d.sdp.replace(/a=candidate:\S+ \d udp .*\r\n/g, '') });
    }
  };
}

/** Only relays get through, and only those whose address is like `pattern`. */
export function onlyRelays(pattern) {
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(config) {
      super({ ...config, iceTransportPolicy: 'relay' });
    }

    setConfiguration(config) {
      super.setConfiguration({ ...config, iceServers: (config.iceServers ?? []).filter((s) => new RegExp(pattern).test(String(s.urls))) });
    }
  };
}

/** How the connected path of the page goes: the protocol to the relay, if there is one, or else to the server. */
export function path(page) {
  return page.evaluate(async () => {
    const all = await window.plenumStats();
    const transport = all.find((s) => s.type === 'transport' && s.selectedCandidatePairId);
    const pair = all.find((s) => s.id === transport?.selectedCandidatePairId);
    const local = all.find((s) => s.id === pair?.localCandidateId);
    return local && { relayed: local.relayProtocol !== undefined, protocol: local.relayProtocol ?? local.protocol };
  });
}

/**
 * Lets a page believe of its own line what window.plenumLine says: part of its packets lost (`loss`), pictures of a part of
 * their height (`height`), or none since it was said (`held`). Round trips are short, however busy the machine is. Nothing is lost in truth: a line that is really so takes
 * its time, and pages are looked at in many looks meanwhile.
 */
export function believed() {
  const Native = window.RTCPeerConnection;
  const seen = new Map();
  window.RTCPeerConnection = class extends Native {
    async getStats() {
      window.plenumWindows = (window.plenumWindows ?? 0) + 1;
      const { loss = 0, height = 1, held = false } = window.plenumLine ?? {};
      const told = new Map();
      for (const [id, s] of await super.getStats()) {
        if (s.type !== 'inbound-rtp') {
          told.set(id, s.type === 'candidate-pair' ? { ...s, currentRoundTripTime: 0.02 } : s);
          continue;
        }
        const { received = 0, lost = 0, shown = 0 } = seen.get(id) ?? {};
        const still = held && s.kind === 'video';
        const now = { received: s.packetsReceived, lost: lost + loss * (s.packetsReceived - received), shown: still ? shown : s.packetsReceived };
        seen.set(id, now);
        told.set(id, { ...s, packetsLost: Math.round(now.lost), packetsReceived: now.shown, frameHeight: s.frameHeight && s.frameHeight * height });
      }
      return told;
    }
  };
}
