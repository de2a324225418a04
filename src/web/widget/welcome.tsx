import type { ComponentChildren, JSX } from 'preact';
import { Icon } from './icons.js';
import { fill, type Texts } from './texts.js';

/** What the bank's page says on the element. */
export interface BankFacts {
  /** Link to the bank's privacy notice. */
  privacyHref?: string;
  /** When counsellors work, as people read it. */
  hours?: string;
  /** The bank's own words of welcome. */
  greeting?: string;
  /** Questions to begin with. */
  starters: readonly string[];
}

interface WelcomeProps {
  texts: Texts;
  bank: BankFacts;
  /** 큰글씨: fewer choices. */
  large: boolean;
  onAsk(question: string): void;
}

/** What a customer should know before the first message, and ways to begin. */
export function Welcome({ texts, bank, large, onAsk }: WelcomeProps): JSX.Element {
  return (
    <div class="welcome">
      {bank.greeting && <p class="prose">{bank.greeting}</p>}
      <ul class="facts">
        <Fact icon="lock">{texts.secrets}</Fact>
        <Fact icon="clock">
          {texts.aiHours}
          {bank.hours && <span class="own-line">{fill(texts.counsellorHours, { hours: bank.hours })}</span>}
        </Fact>
      </ul>
      {bank.privacyHref && (
        <p class="privacy">
          <a href={bank.privacyHref} target="_blank" rel="noopener">
            {texts.privacy}
          </a>
        </p>
      )}
      <h3>{texts.startersTitle}</h3>
      <ul class="choices">
        {bank.starters.slice(0, large ? 3 : 5).map((question) => (
          <li key={question}>
            <button type="button" class="choice" onClick={() => onAsk(question)}>
              {question}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Fact({ icon, children }: { icon: 'lock' | 'clock'; children: ComponentChildren }): JSX.Element {
  return (
    <li>
      <Icon name={icon} />
      <span>{children}</span>
    </li>
  );
}
