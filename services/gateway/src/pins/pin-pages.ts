import type { PinLink } from '@inkpost/contracts/admin/v1/identification_pb.js';
import type { Language } from '../answer-route/browser.js';
import { present } from '../answer-route/fields.js';
import { html, typeset } from '../show-page/html.js';
import { frame } from '../release-page/frame.js';

const WORDS = {
  en: {
    error: 'Error', choose: 'Choose your PIN', for: (name: string) => `For ${name}.`, pin: (digits: number) => `New PIN, at least ${digits} digits`, again: 'The same once more', set: 'Set the PIN',
    bad: (digits: number) => `Type at least ${digits} digits, neither all the same nor in a row. Nothing was changed.`, differ: 'The two were not the same. Nothing was changed.',
    done: 'Your PIN is set', doneText: 'With it and your login, or your card, you print at any printer. Nobody else can see it. You may close this page.',
    used: 'This link was used already', expired: 'This link has run out', unknown: 'This link is not known', ask: 'Have a new one mailed', cutOff: 'Perhaps it was cut off on its way: open it again from the mail, in full.',
  },
  fr: {
    error: 'Erreur', choose: 'Choisissez votre PIN', for: (name: string) => `Pour ${name}.`, pin: (digits: number) => `Nouveau PIN, au moins ${digits} chiffres`, again: 'Le même encore une fois', set: 'Enregistrer le PIN',
    bad: (digits: number) => `Saisissez au moins ${digits} chiffres, ni tous identiques ni consécutifs. Rien n’a été modifié.`, differ: 'Les deux n’étaient pas identiques. Rien n’a été modifié.',
    done: 'Votre PIN est enregistré', doneText: 'Avec lui et votre identifiant, ou votre carte, vous imprimez sur toutes les imprimantes. Personne d’autre ne peut le voir. Vous pouvez fermer cette page.',
    used: 'Ce lien a déjà servi', expired: 'Ce lien n’est plus valable', unknown: 'Ce lien est inconnu', ask: 'En recevoir un nouveau par mail', cutOff: 'Il a peut-être été tronqué en chemin : ouvrez-le à nouveau depuis le mail, en entier.',
  },
} as const;

/** What is wrong with what was typed. */
export type PinMistake = 'bad' | 'differ';

/** What a link to set a PIN comes to. `proof`: the last part of the page's own path. `byMail`: where a new one is asked for. */
export function pinLinkPage({ state, displayName, policy }: PinLink, proof: string, { language, byMail, mistake }: { readonly language: Language; readonly byMail: string; readonly mistake?: PinMistake }): string {
  const words = WORDS[language];
  if (state !== 'open') {
    const title = state === 'used' || state === 'expired' ? words[state] : words.unknown;
    return frame({ language, title, body: html`<main>
<h1>${title}</h1>
${state === 'unknown' && html`<p>${typeset(words.cutOff, language)}</p>
`}<p><a class="button" href="${byMail}">${words.ask}</a></p>
</main>` });
  }
  const digits = present(policy, 'policy').lengthMin;
  const said = mistake === 'differ' ? words.differ : words.bad(digits);
  const wrong = mistake !== undefined && html` aria-invalid="true" aria-describedby="error"`;
  const field = (id: string, label: string) => html`<div class="field"><label for="${id}">${label}</label>
<input id="${id}" name="${id}" type="password" inputmode="numeric" required autocomplete="new-password" maxlength="12"${wrong}></div>
`;
  return frame({ language, title: words.choose, error: mistake && words.error, body: html`<main>
<h1>${words.choose}</h1>
${displayName !== '' && html`<p>${words.for(displayName)}</p>
`}${mistake && html`<p class="error" role="alert" id="error">${said}</p>
`}<form method="post" action="${proof}">
${field('pin', words.pin(digits))}${field('again', words.again)}<button class="first">${words.set}</button>
</form>
</main>` });
}

export function pinSetPage(language: Language): string {
  const words = WORDS[language];
  return frame({ language, title: words.done, body: html`<main>
<h1>${words.done}</h1>
<p role="status">${words.doneText}</p>
</main>` });
}
