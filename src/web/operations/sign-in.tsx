import type { JSX, TargetedSubmitEvent } from 'preact';
import { useState } from 'preact/hooks';
import type { OperationsService } from './service.js';
import type { Texts } from './texts.js';

interface SignInProps {
  service: OperationsService;
  texts: Texts;
  onSignedIn: () => void;
}

/** Asks for the operator's token; the server gives a session cookie for it and nothing of it stays in the page. */
export function SignIn({ service, texts, onSignedIn }: SignInProps): JSX.Element {
  const [error, setError] = useState<string>();
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    try {
      await service.signIn(String(new FormData(form).get('token')));
      onSignedIn();
    } catch (refused) {
      form.reset();
      setError(refused instanceof Error ? refused.message : String(refused));
    }
  };
  return (
    <form class="card sign-in" onSubmit={(event) => void submit(event)}>
      <h2>{texts.tokenTitle}</h2>
      <p class="muted" id="token-hint">
        {texts.tokenHint}
      </p>
      {error && (
        <p class="banner danger" role="alert">
          {error}
        </p>
      )}
      <label for="token">{texts.token}</label>
      <input
        id="token"
        name="token"
        type="password"
        autocomplete="current-password"
        aria-describedby="token-hint"
        required
      />
      <button type="submit" class="solid">
        {texts.signIn}
      </button>
    </form>
  );
}
