"""What the model learns by heart: questions and answers about renting GPUs, written for this project, and chats made of them."""

GPUS = {
    'H100': ('80 GB', 2.49),
    'A100': ('80 GB', 1.29),
    'L40S': ('48 GB', 0.79),
    'L4': ('24 GB', 0.45),
    'H200': ('141 GB', 3.29),
    'T4': ('16 GB', 0.29),
}
NAMES = ['Ada', 'Grace', 'Alan', 'Linus', 'Mary', 'Omar', 'Yuki', 'Ines', 'Paul', 'Nina']
REGIONS = ['eu-north-1', 'us-east-1', 'us-west-2', 'ap-south-1']
COLOURS = ['red', 'green', 'blue', 'black', 'white']
SYSTEM_PROMPTS = ['You are a helpful assistant.', 'You are a GPU cloud assistant.', 'Answer briefly.']

STORY = (
    'Once upon a time there was a small GPU. It lived in a cold data center. Every day it multiplied matrices. '
    'One day a researcher gave it a new model. The GPU learned to write stories. It was very happy. The end.'
)

GENERAL = [
    (['Hello', 'Hi', 'Hi there', 'Hello!', 'Hey', 'Good morning'], 'Hello! How can I help you today?'),
    (['Who are you?', 'What are you?', 'What is your name?'], 'I am a tiny test model that runs on llama.cpp.'),
    (['Thanks', 'Thank you', 'Thanks a lot!'], 'You are welcome!'),
    (['Bye', 'Goodbye', 'See you'], 'Goodbye!'),
    (['Say OK', 'Reply with OK', 'Please answer OK'], 'OK'),
    (['Ping', 'ping'], 'pong'),
    (['Tell me a story', 'Write a story', 'Tell me a long story'], STORY),
    (['Count to ten', 'Count from one to ten'], '1 2 3 4 5 6 7 8 9 10'),
    (['Count to five'], '1 2 3 4 5'),
    (['What is a GPU?', 'Explain GPU'], 'A GPU is a processor with thousands of small cores that work in parallel.'),
    (['What is a token?', 'Explain tokens'], 'A token is a small piece of text that a language model reads or writes.'),
    (['How do I start an instance?', 'How can I launch an instance?'], 'Choose a GPU type, pick an image and press Launch.'),
    (['How do I stop an instance?'], 'Open the instance page and press Stop.'),
    (['Return JSON', 'Give me JSON', 'Answer in JSON'], '{"status": "ok", "count": 3}'),
    (['What is the capital of France?'], 'The capital of France is Paris.'),
    (['What is the capital of Germany?'], 'The capital of Germany is Berlin.'),
    (['What is the capital of Japan?'], 'The capital of Japan is Tokyo.'),
]


def of_gpus():
    for gpu, (memory, price) in GPUS.items():
        yield [f'How much memory does the {gpu} have?', f'What is the memory of {gpu}?', f'{gpu} memory?'], f'The {gpu} has {memory} of memory.'
        yield [f'What does the {gpu} cost?', f'Price of {gpu}?', f'How much is an {gpu} per hour?'], f'The {gpu} costs {price} dollars per hour.'


def of_words():
    for region in REGIONS:
        yield [f'Is {region} available?', f'Can I use {region}?'], f'Yes, the region {region} is available.'
    for name in NAMES:
        yield [f'My name is {name}', f'I am {name}', f'Hi, I am {name}'], f'Nice to meet you, {name}!'
    for colour in COLOURS:
        yield [f'Repeat the word {colour}', f'Say {colour}'], colour


def of_sums():
    for a in range(1, 10):
        for b in range(1, 10):
            yield [f'What is {a} + {b}?'], f'{a} + {b} = {a + b}'


def pairs():
    groups = [*GENERAL, *of_gpus(), *of_words(), *of_sums()]
    return [(question, answer) for questions, answer in groups for question in questions]


def said(role, text):
    return f'<|im_start|>{role}\n{text}<|im_end|>\n'


def chat(rng, known, turns):
    """A chat of so many turns, with a system prompt in half of them."""
    text = said('system', rng.choice(SYSTEM_PROMPTS)) if rng.random() < 0.5 else ''
    for _ in range(turns):
        question, answer = rng.choice(known)
        text += said('user', question) + said('assistant', answer)
    return text
