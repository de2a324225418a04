// Buttons of the page open the chat with a question to send or to change.
document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest('[data-ask]') : null;
  const chat = document.querySelector('sangdam-chat');
  if (button && chat && 'open' in chat) chat.open(button.dataset.ask);
});
