// A picture for each kind of poll.
import Circle from '@lucide/svelte/icons/circle-dot';
import Coins from '@lucide/svelte/icons/coins';
import Gauge from '@lucide/svelte/icons/gauge';
import Checks from '@lucide/svelte/icons/list-checks';
import Text from '@lucide/svelte/icons/message-square-text';
import Trophy from '@lucide/svelte/icons/trophy';
import Cloud from '@lucide/svelte/icons/cloud';
import Ordered from '@lucide/svelte/icons/list-ordered';
import Ruler from '@lucide/svelte/icons/ruler';
import type { Component } from 'svelte';
import type { Kind } from '../../polls/kinds';

export const icons: Record<Kind, Component<{ size?: number | string }>> = { single: Circle, multiple: Checks, rating: Gauge, ranking: Ordered, points: Coins, guess: Ruler, text: Text, cloud: Cloud, quiz: Trophy };
