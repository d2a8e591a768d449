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

/** Only relays get through, and only those whose address holds `part`. */
export function onlyRelays(part) {
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(config) {
      super({ ...config, iceTransportPolicy: 'relay' });
    }

    setConfiguration(config) {
      super.setConfiguration({ ...config, iceServers: (config.iceServers ?? []).filter((s) => String(s.urls).includes(part)) });
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
